{#- The statements that put a view in the place of whatever has its name, `existing` as dbt knows it or none. -#}
{% macro replace_view(relation, existing, sql) -%}
    {{ return(adapter.dispatch('replace_view', 'synthea_omop')(relation, existing, sql)) }}
{%- endmacro %}

{% macro default__replace_view(relation, existing, sql) -%}
    {{ exceptions.raise_compiler_error("no implementation of replace_view() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__replace_view(relation, existing, sql) -%}
    {%- if existing is not none and not existing.is_view %}
    drop {{ existing.type }} {{ existing }};
    {%- endif %}
    create or replace view {{ relation }} as (
        {{ sql }}
    );
{%- endmacro %}

{#- `or replace` takes no view with other columns. What reads the old one goes with it, and is built after it. -#}
{% macro postgres__replace_view(relation, existing, sql) -%}
    {%- if existing is not none %}
    drop {{ existing.type | replace('_', ' ') }} if exists {{ existing }} cascade;
    {%- endif %}
    create view {{ relation }} as (
        {{ sql }}
    );
{%- endmacro %}
