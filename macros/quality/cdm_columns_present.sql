{#- Table -> column -> type of what the schema of the CDM holds now; empty while nothing is built or dbt only parses. It is for
    the checks of the schema itself: a table or column that is missing must become a verdict, not a broken query. -#}
{% macro cdm_columns_present(schema) -%}
    {%- set present = {} -%}
    {%- if execute -%}
        {%- for table, column, type in columns_of_schema(schema) -%}
            {%- do present.setdefault(table, {}).update({column: type}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(present) }}
{%- endmacro %}
