{#- Pre-hook of every model: the settings that `synthea-omop` gives its sessions, for a dbt that is started by hand. -#}
{% macro set_session() -%}
    {{ return(adapter.dispatch('set_session', 'synthea_omop')()) }}
{%- endmacro %}

{% macro default__set_session() -%}
    {{ exceptions.raise_compiler_error("no implementation of set_session() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__set_session() -%}
{%- endmacro %}

{#- Compiling the long queries of the checks takes longer than running them. Of what a WITH or a window function gives, the
    planner expects a row or two: a nested loop over them took hours. What PGOPTIONS says of it stays. -#}
{% macro postgres__set_session() -%}
    {%- if 'jit' not in env_var('PGOPTIONS', '') -%}
        set jit = off;
        set enable_nestloop = off;
    {%- endif -%}
{%- endmacro %}

{% macro spark__set_session() -%}
{%- endmacro %}
