{#- Whether the numbered lines stand in tables of the session: see lines_apart(). -#}
{% macro in_steps() -%}
    {{ return(execute and adapter.dispatch('in_steps', 'synthea_omop')()) }}
{%- endmacro %}

{% macro default__in_steps() -%}
    {{ exceptions.raise_compiler_error("no implementation of in_steps() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__in_steps() -%}
    {{ return(env_var('SYNTHEA_OMOP_IN_STEPS', '') == '1') }}
{%- endmacro %}

{% macro postgres__in_steps() -%}
    {{ return(false) }}
{%- endmacro %}

{% macro spark__in_steps() -%}
    {{ return(false) }}
{%- endmacro %}
