{#- Replaces the partitions that the new rows lie in; the others keep their files. -#}
{% macro replace_partitions(target_relation, new_rows, columns) -%}
    {%- call statement('main') -%}
        insert overwrite table {{ target_relation }} select {{ columns }} from {{ new_rows }}
    {%- endcall -%}
{%- endmacro %}
