{#- A union of event models in the shape that the model itself documents: each of them selects only the columns its
    file has, and the columns it does not document come as typed nulls. Shape and types are read from the YAML;
    `without` names the columns that the model adds itself. -#}
{% macro union_of_events(names, without=[]) -%}
    {%- set relations = [] -%}
    {%- for name in names -%}
        {%- do relations.append(ref(name)) -%}
    {%- endfor -%}
    {%- if execute -%}
        {%- set shape = model.columns.values() | rejectattr('name', 'in', without) | list -%}
        {%- for name in names -%}
            {%- set given = graph.nodes['model.synthea_omop.' ~ name].columns -%}
            {%- if not loop.first %}
    union all
            {%- endif %}
    select
            {%- for column in shape %}
        {{ column.name if column.name in given else 'cast(null as ' ~ sql_type(column.data_type) ~ ') as ' ~ column.name }}
            {{- ',' if not loop.last }}
            {%- endfor %}
    from {{ relations[loop.index0] }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
