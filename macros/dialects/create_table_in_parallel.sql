{#- A table of a contract from its query, with the constraints of the contract afterwards. -#}
{% macro create_table_in_parallel(relation, sql) -%}
    {%- set needed = [] -%}
    {%- for column in model.columns.values() -%}
        {%- for constraint in column.constraints -%}
            {%- if constraint.type != 'not_null' -%}
                {{ exceptions.raise_compiler_error("in_parallel: " ~ relation ~ " has a constraint of another kind than not_null") }}
            {%- endif -%}
            {%- do needed.append('alter column ' ~ adapter.quote(column.name) ~ ' set not null') -%}
        {%- endfor -%}
    {%- endfor %}
    {{ get_assert_columns_equivalent(sql) }}
    set local parallel_tuple_cost = 0;
    set local jit = off;
    create table {{ relation }} as ({{ get_select_subquery(sql) }});
    {%- if needed %}
    alter table {{ relation }} {{ needed | join(', ') }};
    {%- endif %}
{%- endmacro %}
