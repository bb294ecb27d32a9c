{#- Post-hook of a person-scoped intermediate table: the index by which PostgreSQL finds the rows of changed persons.
    DuckDB scans faster than it would keep one. -#}
{% macro person_index(column='person_id') -%}
    {{ return(adapter.dispatch('person_index', 'synthea_omop')(column)) }}
{%- endmacro %}

{% macro default__person_index(column) -%}
{%- endmacro %}

{% macro postgres__person_index(column) -%}
    {%- if not is_incremental() %}
    create index on {{ this }} ({{ column }});
    analyze {{ this }};
    {%- endif %}
{%- endmacro %}
