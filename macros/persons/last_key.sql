{#- The highest id that an append-only key table has handed out, 0 before its first build. -#}
{% macro last_key(id_column) -%}
    {%- if is_incremental() -%}
        (select coalesce(max({{ id_column }}), 0) from {{ this }})
    {%- else -%}
        0
    {%- endif -%}
{%- endmacro %}
