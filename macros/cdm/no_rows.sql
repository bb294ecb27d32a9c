{#- The body of a table that the source has nothing for: the columns of the model's contract, no rows. Without
    `where false` dbt's own macro yields one row of NULLs. -#}
{% macro no_rows() -%}
    {{ get_empty_schema_sql(model.columns) }}
    where false
{%- endmacro %}
