{#- The concept id that an expression gives, or that of "No matching concept" where it gives NULL. -#}
{% macro concept_or_none(expression) -%}
    cast(coalesce({{ expression }}, {{ concept('No matching concept') }}) as integer)
{%- endmacro %}
