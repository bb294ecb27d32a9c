{#- A text as it is compared with concept names: lower case, commas and runs of blanks one blank, trimmed. -#}
{% macro normalised(text) -%}
    trim({{ replaced_everywhere("replace(lower(" ~ text ~ "), ',', ' ')", "' +'", "' '") }})
{%- endmacro %}
