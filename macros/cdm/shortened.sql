{#- A text cut to the CDM's length. Never by cast(... as varchar(n)): PostgreSQL cuts there and DuckDB does not. -#}
{% macro shortened(text, length) -%}
    cast(left({{ text }}, {{ length }}) as varchar({{ length }}))
{%- endmacro %}
