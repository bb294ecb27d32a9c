{#- Takes one partition of a table away: no rows in its place, of the table's types, as none can come from a table that is
    being written. -#}
{% macro empty_partition(relation, column, value) -%}
    {%- set nothing = [] -%}
    {%- for other in adapter.get_columns_in_relation(relation) if other.name != column -%}
        {%- do nothing.append('cast(null as ' ~ other.dtype ~ ') as ' ~ other.quoted) -%}
    {%- endfor -%}
    {%- do run_query(
        'insert overwrite table ' ~ relation ~ ' partition (' ~ column ~ ' = ' ~ value | int ~ ') select '
        ~ nothing | join(', ') ~ ' where false'
    ) -%}
{%- endmacro %}
