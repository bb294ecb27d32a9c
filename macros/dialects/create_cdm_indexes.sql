{#- Post-hook of the CDM's tables: gives the table its primary key and its indexes where it lacks them, and fresh
    statistics unless little changed. Beside the CDM's own indexes there is one for each column that refers to a table
    of the build, since without it deleting a row there would read this table whole. Not called create_indexes: that would replace dbt's own macro of that name, which every
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
    alter table {{ this }} add constraint {{ key_name }}
        primary key ({{ key }}{{ ', person_id' if config.get('meta', {}).get('partitions') }});
    {%- endif -%}
    {%- set indexes = {} -%}
    {%- for column in cdm_indexes()[this.identifier] if column != key -%}
        {%- do indexes.update({column: column}) -%}
    {%- endfor -%}
    {%- for reference in cdm_foreign_keys() if reference.model == this.identifier -%}
        {%- if not reference.parent.startswith('raw_vocabulary.') -%}
            {%- do indexes.update({reference.column: reference.column}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if 'person_expression' in config.get('meta', {}) -%}
        {%- do indexes.update({'person': config.get('meta').person_expression}) -%}
    {%- endif -%}
    {%- for name, indexed in indexes.items() -%}
        {%- set index_name = this.identifier ~ '_' ~ name ~ '_idx' -%}
        {%- if index_name not in present %}
    drop index if exists {{ this.schema }}.{{ index_name }};
    create index {{ index_name }} on {{ this }} ({{ indexed }});
        {%- endif -%}
    {%- endfor %}
    {% if not (is_incremental() and this_build().is_small) -%}
    analyze {{ this }};
    {%- endif %}
{%- endmacro %}

{% macro spark__create_cdm_indexes() -%}
{%- endmacro %}
