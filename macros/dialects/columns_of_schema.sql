{#- What a schema holds, as a list of [table, column, type]. -#}
{% macro columns_of_schema(schema) -%}
    {{ return(adapter.dispatch('columns_of_schema', 'synthea_omop')(schema)) }}
{%- endmacro %}

{% macro default__columns_of_schema(schema) -%}
    {{ return(run_query(
        "select table_name, column_name, lower(data_type) from information_schema.columns"
        " where table_schema = '" ~ schema ~ "'"
    ).rows) }}
{%- endmacro %}

{#- Spark's catalogue cannot be queried. -#}
{% macro spark__columns_of_schema(schema) -%}
    {%- set columns = [] -%}
    {%- for name in run_query('show tables in ' ~ schema).columns['tableName'].values() -%}
        {%- for column in adapter.get_columns_in_relation(api.Relation.create(schema=schema, identifier=name)) -%}
            {%- do columns.append([name, column.name, {'int': 'integer'}.get(column.dtype, column.dtype)]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
