{#- Pre-hook of the model that drops duplicate lines: where a build ran out of memory, the next one (the loader sets
    SYNTHEA_OMOP_IN_STEPS for it) first writes the numbered lines to a table of the session. DuckDB then needs the room of the
    dictionaries and that of the distinct lines one after the other, and takes a half longer. PostgreSQL spills by itself. -#}
{% macro lines_apart() -%}
    {%- if in_steps() -%}
        {%- for shape in ('flattened', 'json') %}
            create or replace temporary table numbered_{{ shape }}_lines as {{ numbered_lines(shape) }};
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

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
