{#- The insert of a query's rows into a table that is there, column by column: one that the query lacks ends the build. -#}
{% macro insert_rows(relation, sql) -%}
    {%- set columns = model.columns.keys() | map('string') | list -%}
    {%- if not config.get('contract').enforced -%}
        {%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='quoted') | list -%}
    {%- endif -%}
    insert into {{ relation }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }}
    from (
        {{ sql }}
    ) as model_rows;
{%- endmacro %}
