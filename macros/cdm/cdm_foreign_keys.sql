{#- Every foreign key of CDM 5.4, as a list of {name, model, child, column, parent_model, parent, parent_column,
    is_strict}. The vocabulary's tables are the loader's, since a view has no keys. A key is strict where both sides are
    the build's own rows; what a vocabulary lacks, or an analyst wrote into a table that no build fills, is not its
    fault. -#}
{% macro cdm_foreign_keys() -%}
    {%- set nodes = {} -%}
    {%- set tables = {} -%}
    {%- set keys = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.fqn[1] == 'omop' -%}
        {%- set schema = 'raw_vocabulary' if node.config.materialized == 'view' else node.schema -%}
        {%- do nodes.update({node.name: node}) -%}
        {%- do tables.update({node.name: schema ~ '.' ~ node.name}) -%}
    {%- endfor -%}
    {%- for name in nodes | sort -%}
        {%- for column in nodes[name].columns if cdm_reference(name, column) -%}
            {%- set parent = cdm_reference(name, column) -%}
            {%- set built = [nodes[name].config.materialized, nodes[parent].config.materialized]
                | select('in', ['table', 'incremental']) | list -%}
            {%- do keys.append({
                'name': name ~ '_' ~ column ~ '_fkey',
                'model': name,
                'child': tables[name],
                'column': column,
                'parent_model': parent,
                'parent': tables[parent],
                'parent_column': parent ~ '_id',
                'is_strict': built | length == 2,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}
