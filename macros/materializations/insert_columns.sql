{#- The insert of a query's rows, in these columns and no others: one that the query lacks ends the build. -#}
{% macro insert_columns(relation, sql, columns) -%}
    insert into {{ relation }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }}
    from (
        {{ sql }}
    ) as model_rows;
{%- endmacro %}
