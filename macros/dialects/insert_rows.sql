{#- The insert of a query's rows into a table that the same project made: column by column as the contract has them, else
    as the table has. -#}
{% macro insert_rows(relation, sql) -%}
    {%- if config.get('contract').enforced -%}
        {{ insert_columns(relation, sql, model.columns.keys() | list) }}
    {%- else -%}
        {{ adapter.dispatch('insert_rows', 'synthea_omop')(relation, sql) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__insert_rows(relation, sql) -%}
    {{ insert_columns(relation, sql, adapter.get_columns_in_relation(relation) | map(attribute='quoted') | list) }}
{%- endmacro %}

{#- DuckDB finds the columns itself. -#}
{% macro duckdb__insert_rows(relation, sql) -%}
    insert into {{ relation }} by name (
        {{ sql }}
    );
{%- endmacro %}
