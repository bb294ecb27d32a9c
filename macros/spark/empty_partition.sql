{#- Takes one partition of a table away. -#}
{% macro empty_partition(relation, column, value) -%}
    {%- set others = adapter.get_columns_in_relation(relation) | map(attribute='quoted') | list -%}
    {%- do run_query(
        'insert overwrite table ' ~ relation ~ ' partition (' ~ column ~ ' = ' ~ value | int ~ ') select '
        ~ others | reject('equalto', '`' ~ column ~ '`') | join(', ') ~ ' from ' ~ relation ~ ' where false'
    ) -%}
{%- endmacro %}
