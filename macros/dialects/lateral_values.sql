{#- Behind `cross join`: a few rows made of the columns of the row before it, as a relation `alias` with the columns
    `names`. `rows` is a list of lists of SQL expressions. -#}
{% macro lateral_values(rows, alias, names) -%}
    {{ return(adapter.dispatch('lateral_values', 'synthea_omop')(rows, alias, names)) }}
{%- endmacro %}

{% macro default__lateral_values(rows, alias, names) -%}
    lateral (
            values
            {%- for row in rows %}
            ({{ row | join(', ') }}){{ ',' if not loop.last }}
            {%- endfor %}
        ) as {{ alias }} ({{ names | join(', ') }})
{%- endmacro %}

{#- Spark's VALUES knows nothing of the row before it. -#}
{% macro spark__lateral_values(rows, alias, names) -%}
    lateral inline(array(
            {%- for row in rows %}
            named_struct(
                {%- for value in row %}'{{ names[loop.index0] }}', {{ value }}{{ ', ' if not loop.last }}{% endfor -%}
            ){{ ',' if not loop.last }}
            {%- endfor %}
        )) as {{ alias }} ({{ names | join(', ') }})
{%- endmacro %}
