{#- The models whose rows of changed persons are replaced, as nodes of the graph, in the order of their names. -#}
{% macro person_scoped_models() -%}
    {{ return(
        graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'model')
        | selectattr('config.incremental_strategy', 'equalto', 'replace_persons')
        | selectattr('config.materialized', 'equalto', 'incremental')
        | sort(attribute='name') | list
    ) }}
{%- endmacro %}
