{#- The concept id of a named concept. macros/named_concepts.sql is the one place where such numbers stand; a name that
    is not listed there stops the compile. Judgements about source values are seeds, not names. -#}
{% macro concept(name) -%}
    {%- set concepts = named_concepts() -%}
    {%- if name not in concepts -%}
        {{ exceptions.raise_compiler_error("concept('" ~ name ~ "') is not in macros/named_concepts.sql") }}
    {%- endif -%}
    {{ concepts[name].id }}
{%- endmacro %}
