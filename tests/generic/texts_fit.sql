{#- No text is longer than the varchar(n) of its contract, which PostgreSQL enforces and DuckDB does not. The lengths
    are read from the model's YAML, all columns in one query. -#}
{% test texts_fit(model) %}
{%- set limits = {} -%}
{%- if execute -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == model.identifier -%}
        {%- for column in node.columns.values() if column.data_type.startswith('varchar(') -%}
            {%- do limits.update({column.name: column.data_type[8:-1] | int}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not limits -%}
        {{ exceptions.raise_compiler_error("texts_fit: no column of " ~ model ~ " is a varchar(n)") }}
    {%- endif -%}
{%- endif %}
{%- set listed = [] -%}
{%- for column, allowed in limits.items() -%}
    {%- do listed.append(["'" ~ column ~ "'", 'longest.' ~ column, allowed]) -%}
{%- endfor %}
with

longest as (
    select
        {%- for column in limits %}
        max(length({{ column }})) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
),

too_long as (
    select
        listed.column_name,
        listed.characters,
        listed.allowed
    from longest
    cross join {{ lateral_values(listed, 'listed', {
        'column_name': 'text', 'characters': 'integer', 'allowed': 'integer',
    }) }}
    where listed.characters > listed.allowed
)

select * from too_long
{% endtest %}
