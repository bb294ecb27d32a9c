{#- In place of dbt's macro of this name: partitioned as the model's rows are replaced, and Parquet unless the model is
    configured otherwise. -#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- if temporary -%}
        {{ return(create_temporary_view(relation, compiled_code)) }}
    {%- endif -%}
    {%- if (config.get('contract') or {}).enforced -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
    {%- endif %}
    create table {{ relation }}
    using {{ config.get('file_format') or 'parquet' }}
    {%- if partition_column() %}
    partitioned by ({{ partition_column() }})
    {%- endif %}
    as
    {{ partitioned_rows(compiled_code) }}
{%- endmacro %}
