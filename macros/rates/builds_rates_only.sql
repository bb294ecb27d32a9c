{#- Whether every model that the command selects belongs to the rates: such a build neither uses up changes of patients nor
    needs any. -#}
{% macro builds_rates_only() -%}
    {%- set others = [] -%}
    {%- set rates = [] -%}
    {%- for node in graph.nodes.values() if node.unique_id in selected_resources and node.resource_type == 'model' -%}
        {%- do (rates if 'rates' in node.fqn else others).append(node.name) -%}
    {%- endfor -%}
    {{ return((rates | length > 0) and not others) }}
{%- endmacro %}
