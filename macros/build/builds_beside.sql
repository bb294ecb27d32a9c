{#- Whether the build makes its tables beside those that readers see, to be published at its end: see
    generate_schema_name(). -#}
{% macro builds_beside() -%}
    {{ return(graph.nodes['model.synthea_omop.person'].schema != target.schema) }}
{%- endmacro %}
