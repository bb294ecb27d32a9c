{#- In a select list: rows that are written out, as of counts that stand side by side a row each. `rows` is a list of lists
    of SQL expressions, `columns` maps the names of the new columns to their types. All databases plan this quickly; a
    lateral join to VALUES takes them seconds when there are hundreds of rows. -#}
{% macro rows_of_expressions(rows, columns) -%}
    {{ return(adapter.dispatch('rows_of_expressions', 'synthea_omop')(rows, columns)) }}
{%- endmacro %}

{% macro default__rows_of_expressions(rows, columns) -%}
    {%- for name, type in columns.items() %}
            unnest(cast(array[
                {{ rows | map(attribute=loop.index0) | join(',\n                ') }}
            ] as {{ sql_type(type) }}[])) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Spark allows one generator in a select list, which wants one type a column. -#}
{% macro spark__rows_of_expressions(rows, columns) -%}
    {%- set types = columns.values() | list %}
            stack(
                {{ rows | length }}
                {%- for row in rows -%}
                ,
                {% for value in row -%}
                cast({{ value }} as {{ sql_type(types[loop.index0]) }}){{ ', ' if not loop.last }}
                {%- endfor %}
                {%- endfor %}
            ) as ({{ columns | join(', ') }})
{%- endmacro %}
