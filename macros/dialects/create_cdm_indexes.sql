{#- Post-hook of the CDM's tables: gives the table its primary key and the CDM's indexes where it lacks them, and
    fresh statistics. Not called create_indexes: that would replace dbt's own macro of that name, which every
    materialization calls. -#}
{% macro create_cdm_indexes() -%}
    {%- if execute and config.get('materialized') != 'view' -%}
        {%- if this.identifier not in cdm_indexes() -%}
            {{ exceptions.raise_compiler_error(
                "create_cdm_indexes(): " ~ this.identifier ~ " is not in macros/cdm_indexes.sql"
            ) }}
        {%- endif -%}
        {{ return(adapter.dispatch('create_cdm_indexes', 'synthea_omop')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__create_cdm_indexes() -%}
    {{ exceptions.raise_compiler_error("no implementation of create_cdm_indexes() for " ~ target.type) }}
{%- endmacro %}

{#- Nothing: zone maps serve DuckDB's scans, an index there costs memory and time, and tests guard the keys. -#}
{% macro duckdb__create_cdm_indexes() -%}
{%- endmacro %}

{#- When a table is built anew, the one it replaces is still there as <name>__dbt_backup and owns the names of the key
    and the indexes: they are taken from it first. Whoever points at its key loses it with the table anyway. -#}
{% macro postgres__create_cdm_indexes() -%}
    {%- set present -%}
        select indexname from pg_indexes where schemaname = '{{ this.schema }}' and tablename = '{{ this.identifier }}'
    {%- endset -%}
    {%- set present = run_query(present).columns[0].values() -%}
    {%- set backup = make_backup_relation(this, 'table') -%}
    {%- set key = cdm_primary_keys().get(this.identifier) -%}
    {%- set key_name = this.identifier ~ '_pkey' -%}
    {%- if key and key_name not in present %}
    alter table if exists {{ backup }} drop constraint if exists {{ key_name }} cascade;
    alter table {{ this }} add constraint {{ key_name }} primary key ({{ key }});
    {%- endif -%}
    {%- for column in cdm_indexes()[this.identifier] if column != key -%}
        {%- set index_name = this.identifier ~ '_' ~ column ~ '_idx' -%}
        {%- if index_name not in present %}
    drop index if exists {{ this.schema }}.{{ index_name }};
    create index {{ index_name }} on {{ this }} ({{ column }});
        {%- endif -%}
    {%- endfor %}
    analyze {{ this }};
{%- endmacro %}
