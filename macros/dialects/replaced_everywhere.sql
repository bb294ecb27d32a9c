{#- A text in which every match of a regular expression, not the first one alone, is replaced; all SQL expressions. -#}
{% macro replaced_everywhere(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('replaced_everywhere', 'synthea_omop')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__replaced_everywhere(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ replacement }}, 'g')
{%- endmacro %}

{% macro spark__replaced_everywhere(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ replacement }})
{%- endmacro %}
