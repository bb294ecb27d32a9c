{#- In place of dbt's macro of this name: a model with `meta: {partitions: 8}` becomes a table in so many parts, by the hash
    of person_id, from its first build or its next full refresh on. The parts lie in a schema of their own, under names
    that no other build takes, because the table that a full refresh replaces still has its parts. Only a table of the
    CDM with a person_id that no foreign key points at can be parted: PostgreSQL wants the person in every unique key.
    One with `meta: {in_parallel: true}` is made by its query: dbt makes the table of a contract first and inserts into
    it, which PostgreSQL does in one process. -#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- set partitions = config.get('meta', {}).get('partitions') -%}
    {%- if config.get('meta', {}).get('in_parallel') and not temporary -%}
        {{ return(create_table_in_parallel(relation, sql)) }}
    {%- endif -%}
    {%- if temporary or not partitions -%}
        {{ return(dbt.postgres__create_table_as(temporary, relation, sql)) }}
    {%- endif -%}
    {%- if not config.get('contract').enforced or 'person_id' not in model.columns
        or cdm_foreign_keys() | selectattr('parent_model', 'equalto', this.identifier) | list -%}
        {{ exceptions.raise_compiler_error(
            "partitions: " ~ this.identifier ~ " has no contract, no person_id, or keys of other tables point at it"
        ) }}
    {%- endif -%}
    {%- set schema = this.schema ~ '_partitions' %}
    create schema if not exists {{ schema }};
    {{ get_assert_columns_equivalent(sql) }}
    create table {{ relation }} {{ get_table_columns_and_constraints() }} partition by hash (person_id);
    {%- for number in range(partitions) %}
    create table {{ schema }}.{{ this.identifier }}_{{ local_md5(invocation_id)[:8] }}_{{ number }}
        partition of {{ relation }} for values with (modulus {{ partitions }}, remainder {{ number }});
    {%- endfor %}
    insert into {{ relation }} ({{ adapter.dispatch('get_column_names', 'dbt')() }})
    ({{ get_select_subquery(sql) }});
{%- endmacro %}
