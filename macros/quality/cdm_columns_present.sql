{#- Table -> column -> type of what the schema of the CDM holds now; empty while nothing is built or dbt only parses. It is for
    the checks of the schema itself: a table or column that is missing must become a verdict, not a broken query. -#}
{% macro cdm_columns_present(schema) -%}
    {%- set present = {} -%}
    {%- if execute -%}
        {%- set rows = run_query(
            "select table_name, column_name, lower(data_type) from information_schema.columns"
            " where table_schema = '" ~ schema ~ "'"
        ).rows -%}
        {%- for row in rows -%}
            {%- do present.setdefault(row[0], {}).update({row[1]: row[2]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(present) }}
{%- endmacro %}
