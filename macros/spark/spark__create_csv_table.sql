{#- In place of dbt's macro of this name: a seed's columns by Spark's names of their types. -#}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set sql -%}
        create table {{ this }} (
            {%- for column in agate_table.column_names %}
            {{ column }} {{ sql_type(types[column]) }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) using {{ config.get('file_format') or 'parquet' }}
    {%- endset -%}
    {%- call statement('create_csv_table') -%}
        {{ sql }}
    {%- endcall -%}
    {{ return(sql) }}
{%- endmacro %}
