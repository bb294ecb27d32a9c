{#- In place of dbt-spark's materialization of this name, which knows none of the project's strategies. Parquet has no
    deletes: whole partitions are replaced, of persons those of the buckets that hold a changed one (see
    replaced_persons()), and small tables are made anew. -#}
{% materialization incremental, adapter='spark' -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_relation(this) -%}
    {%- set strategy = config.get('incremental_strategy') -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing_relation is none or existing_relation.is_view or should_full_refresh()
        or strategy == 'replace_changed_rows' -%}
        {%- do replace_table(target_relation, existing_relation, compiled_code) -%}
    {%- else -%}
        {%- set new_rows = make_temp_relation(this) -%}
        {%- if (config.get('contract') or {}).enforced -%}
            {%- do get_assert_columns_equivalent(compiled_code) -%}
        {%- endif -%}
        {%- do run_query(create_temporary_view(new_rows, partitioned_rows(compiled_code))) -%}
        {%- do process_schema_changes(config.get('on_schema_change'), new_rows, existing_relation) -%}
        {%- set columns = adapter.get_columns_in_relation(existing_relation) | map(attribute='quoted') | join(', ') -%}
        {%- if strategy == 'append' -%}
            {%- call statement('main') -%}
                insert into {{ target_relation }} select {{ columns }} from {{ new_rows }}
            {%- endcall -%}
        {%- elif strategy == 'replace_persons' -%}
            {%- do replace_partitions(target_relation, new_rows, columns) -%}
            {%- do drop_emptied_buckets(target_relation) -%}
        {%- elif strategy == 'replace_files' -%}
            {%- do drop_withdrawn_files(target_relation) -%}
            {%- do replace_partitions(target_relation, new_rows, columns) -%}
        {%- elif strategy == 'delete+insert' -%}
            {#- A model that either yields all of its rows or none, because what it counts is what it has counted. -#}
            {%- if run_query('select 1 from ' ~ new_rows ~ ' limit 1').rows | length -%}
                {%- do replace_table(target_relation, existing_relation, compiled_code) -%}
            {%- else -%}
                {%- do store_raw_result(name='main', message='the same', code='the same', rows_affected='0') -%}
            {%- endif -%}
        {%- else -%}
            {{ exceptions.raise_compiler_error("no implementation of the strategy " ~ strategy ~ " for spark") }}
        {%- endif -%}
        {%- do run_query('drop view if exists ' ~ new_rows) -%}
    {%- endif -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
