{#- In a select list: a row for each part of a text between matches of a regular expression. -#}
{% macro rows_of_words(text, pattern) -%}
    {{ return(adapter.dispatch('rows_of_words', 'synthea_omop')(text, pattern)) }}
{%- endmacro %}

{% macro default__rows_of_words(text, pattern) -%}
    regexp_split_to_table({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro spark__rows_of_words(text, pattern) -%}
    explode(split({{ text }}, {{ pattern }}))
{%- endmacro %}
