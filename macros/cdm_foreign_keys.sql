{#- Every foreign key of CDM 5.4, as a list of {name, model, child, column, parent_model, parent, parent_column,
    is_strict}. The vocabulary's tables are the loader's, since a view has no keys. A key is strict where both sides are
    the build's own rows; what a vocabulary lacks, or an analyst wrote into a table that no build fills, is not its
    fault. -#}
{% macro cdm_foreign_keys() -%}
    {%- set tables = {} -%}
    {%- set keys = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.fqn[1] == 'omop' -%}
        {%- do tables.update({node.name: node}) -%}
    {%- endfor -%}
    {%- for name, node in tables.items() | sort -%}
        {%- for column in node.columns if cdm_reference(name, column) in tables -%}
            {%- set parent = tables[cdm_reference(name, column)] -%}
            {%- do keys.append({
                'name': name ~ '_' ~ column ~ '_fkey',
                'model': name,
                'child': _keyed_table(node),
                'column': column,
                'parent_model': parent.name,
                'parent': _keyed_table(parent),
                'parent_column': parent.name ~ '_id',
                'is_strict':
                    node.config.materialized in ('table', 'incremental')
                    and parent.config.materialized in ('table', 'incremental'),
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}

{%- macro _keyed_table(node) -%}
    {{ return(('raw_vocabulary' if node.config.materialized == 'view' else node.schema) ~ '.' ~ node.name) }}
{%- endmacro %}
