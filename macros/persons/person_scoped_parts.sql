{#- Ids of the models and seeds that the rows of persons are made of: the person-scoped models and all that they read. -#}
{% macro person_scoped_parts() -%}
    {%- set parts = person_scoped_models() | map(attribute='unique_id') | list -%}
    {#- The list grows while it is gone through. -#}
    {%- for part in parts if part in graph.nodes -%}
        {%- for parent in graph.nodes[part].depends_on.nodes if parent not in parts and parent in graph.nodes -%}
            {%- do parts.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}
