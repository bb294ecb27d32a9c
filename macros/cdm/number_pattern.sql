{#- The regular expression, as an SQL literal, of a text that both engines cast to numeric(18, 6); also as Java writes
    large and small numbers, 1.5E-4. -#}
{% macro number_pattern() -%}
    '[-+]?([0-9]{1,12}([.][0-9]*)?|[.][0-9]+|[0-9]([.][0-9]*)?[eE]([+]?[0-9]|-[0-9]{1,2}))'
{%- endmacro %}
