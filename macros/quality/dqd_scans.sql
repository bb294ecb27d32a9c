{#- The CTEs that scan one CDM table for the aggregates of its checks, at most 50 a scan: first its rows alone, then joined
    to the persons and to the tables that it refers to. The names of the scans are appended to `parts`. -#}
{% macro dqd_scans(table, aggregates, joins, relations, parts, is_vocabulary) -%}
    {%- for kind, wanted in aggregates.items() -%}
        {%- for chunk in wanted.items() | list | batch(50) -%}
            {%- set scan = table ~ '_' ~ kind ~ '_' ~ loop.index %}
    {{ scan }}_source as (
        select * from {{ relations[table] }}
    ),
            {%- for column, parent in joins.items() if kind == 'joined' and column != 'person' %}

    {{ scan }}_{{ column }} as (
        select * from {{ relations[parent.split('.')[0]] }}
    ),
            {%- endfor %}

    {{ scan }} as (
        select
            {%- for aggregate, name in chunk %}
            {{ aggregate }} as {{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ scan }}_source as checked
            {%- if is_vocabulary %}
        cross join counted_batch
            {%- endif %}
            {%- for column, parent in joins.items() if kind == 'joined' %}
                {%- if column == 'person' %}
        left join person_facts on checked.person_id = person_facts.person_id
                {%- else %}
        left join {{ scan }}_{{ column }} as parent_{{ column }}
            on checked.{{ column }} = parent_{{ column }}.{{ parent.split('.')[1] }}
                {%- endif %}
            {%- endfor %}
    ),
            {%- do parts.append(scan) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
