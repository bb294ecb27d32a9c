{#- In a select list: a row for each part of a text that is a list with commas between. -#}
{% macro rows_of_list(text) -%}
    {{ return(adapter.dispatch('rows_of_list', 'synthea_omop')(text)) }}
{%- endmacro %}

{% macro default__rows_of_list(text) -%}
    unnest(string_to_array({{ text }}, ','))
{%- endmacro %}

{% macro spark__rows_of_list(text) -%}
    explode(split({{ text }}, ','))
{%- endmacro %}
