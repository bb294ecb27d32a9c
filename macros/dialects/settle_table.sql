{#- Post-hook of the intermediate tables: PostgreSQL gets statistics, without which the next model's plan is a guess
    (after a small change the old ones do), and on person-scoped tables the index by which an incremental build finds
    the rows of changed persons. DuckDB counts while it writes, and scans faster than it would keep an index. -#}
{% macro settle_table() -%}
    {%- if config.get('materialized') != 'view' -%}
        {{ return(adapter.dispatch('settle_table', 'synthea_omop')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__settle_table() -%}
    {{ exceptions.raise_compiler_error("no implementation of settle_table() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__settle_table() -%}
{%- endmacro %}

{% macro postgres__settle_table() -%}
    {%- set is_person_scoped =
        config.get('materialized') == 'incremental' and config.get('incremental_strategy') == 'replace_persons' -%}
    {%- if is_person_scoped and not is_incremental() %}
    create index on {{ this }} (person_id);
    {%- endif %}
    {% if not (is_incremental() and this_build().is_small) -%}
    analyze {{ this }};
    {%- endif %}
{%- endmacro %}

{% macro spark__settle_table() -%}
{%- endmacro %}
