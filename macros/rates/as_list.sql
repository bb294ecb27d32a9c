{#- The list of the parts of a text that are joined by `|`; the empty list for the empty text. -#}
{% macro as_list(text) -%}
    {{ return(adapter.dispatch('as_list', 'synthea_omop')(text)) }}
{%- endmacro %}

{% macro default__as_list(text) -%}
    {{ exceptions.raise_compiler_error("no implementation of as_list() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__as_list(text) -%}
    list_filter(string_split({{ text }}, '|'), lambda part: part <> '')
{%- endmacro %}

{% macro postgres__as_list(text) -%}
    string_to_array({{ text }}, '|')
{%- endmacro %}

{% macro spark__as_list(text) -%}
    filter(split({{ text }}, '[|]'), part -> part <> '')
{%- endmacro %}
