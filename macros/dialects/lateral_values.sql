{#- Behind `cross join`: a few rows made of the columns of the row before it, as a relation `alias`. `rows` is a list of
    lists of SQL expressions, `columns` maps the names of the relation's columns to their types. -#}
{% macro lateral_values(rows, alias, columns) -%}
    {{ return(adapter.dispatch('lateral_values', 'synthea_omop')(rows, alias, columns)) }}
{%- endmacro %}

{% macro default__lateral_values(rows, alias, columns) -%}
    lateral (
            values
            {%- for row in rows %}
            ({{ row | join(', ') }}){{ ',' if not loop.last }}
            {%- endfor %}
        ) as {{ alias }} ({{ columns | join(', ') }})
{%- endmacro %}

{#- Spark's VALUES knows nothing of the row before it, and its stack() wants one type a column. -#}
{% macro spark__lateral_values(rows, alias, columns) -%}
    {%- set types = columns.values() | list -%}
    lateral stack(
            {{ rows | length }}
            {%- for row in rows -%}
            ,
            {% for value in row -%}
            cast({{ value }} as {{ sql_type(types[loop.index0]) }}){{ ', ' if not loop.last }}
            {%- endfor %}
            {%- endfor %}
        ) as {{ alias }} ({{ columns | join(', ') }})
{%- endmacro %}
