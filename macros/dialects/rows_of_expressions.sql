{#- In a select list: a row for each of `rows`, which are lists of a plain name (no comma in it) and SQL expressions, as of
    counts that stand side by side. `columns` maps the names of the new columns to the types of the expressions, the first to
    text. All databases plan this quickly; a lateral join to VALUES takes them seconds when there are hundreds of rows. -#}
{% macro rows_of_expressions(rows, columns) -%}
    {{ return(adapter.dispatch('rows_of_expressions', 'synthea_omop')(rows, columns)) }}
{%- endmacro %}

{% macro default__rows_of_expressions(rows, columns) -%}
    {%- for column, type in columns.items() %}
            {%- if loop.first %}
            unnest(string_to_array('{{ rows | map('first') | join(',') }}', ',')) as {{ column }},
            {%- else %}
            unnest(cast(array[
                {{ rows | map(attribute=loop.index0) | join(',\n                ') }}
            ] as {{ sql_type(type) }}[])) as {{ column }}{{ ',' if not loop.last }}
            {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- Spark allows one generator in a select list, which wants one type a column. -#}
{% macro spark__rows_of_expressions(rows, columns) %}
    {%- set types = columns.values() | list %}
            stack(
                {{ rows | length }}
                {%- for row in rows %},
                '{{ row[0] }}'
                {%- for value in row[1:] -%}
                , cast({{ value }} as {{ sql_type(types[loop.index]) }})
                {%- endfor -%}
                {%- endfor %}
            ) as ({{ columns | join(', ') }})
{%- endmacro %}
