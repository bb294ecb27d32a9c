{#- Brings an incremental model up to date, in one transaction. For materializations. -#}
{% macro replaced_rows() -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set strategy = config.get('incremental_strategy') -%}
    {%- set replaced = none -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {%- set replaced = replace_table(relation, existing, sql) -%}
    {%- elif strategy == 'replace_persons' -%}
        {%- call statement('main') -%}
            {{ replace_persons(relation, sql) }}
        {%- endcall -%}
    {%- elif strategy == 'append' and standing_nodes() -%}
        {%- call statement('main') -%}
            {{ insert_rows(relation, sql) }}
        {%- endcall -%}
    {%- else -%}
        {%- set new_rows = make_temp_relation(relation) -%}
        {%- do run_query('create temporary table ' ~ new_rows ~ ' as (' ~ sql ~ ')') -%}
        {%- set columns = none -%}
        {%- if not standing_nodes() -%}
            {%- do adapter.expand_target_column_types(from_relation=new_rows, to_relation=relation) -%}
            {%- set columns = process_schema_changes(config.get('on_schema_change'), new_rows, existing) -%}
        {%- endif -%}
        {%- set columns = columns or adapter.get_columns_in_relation(existing) -%}
        {%- set statements = adapter.get_incremental_strategy_macro(context, strategy)({
            'target_relation': relation, 'temp_relation': new_rows, 'unique_key': config.get('unique_key'),
            'dest_columns': columns, 'incremental_predicates': none,
        }) -%}
        {%- call statement('main') -%}
            {{ statements }}
        {%- endcall -%}
        {%- do run_query('drop table if exists ' ~ new_rows) -%}
    {%- endif -%}
    {%- do persist_docs(relation, model) -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {%- if replaced is not none -%}
        {%- do drop_relation_if_exists(replaced) -%}
    {%- endif -%}
    {{ return({'relations': [relation]}) }}
{%- endmacro %}
