{#- The CTE `counts`, and those before it, of the checks of CDM tables that are counted in their rows. `cdm` is that of
    dqd_scans(): a table that has rows is scanned for what they tell alone, joined to what they refer to, and for keys that
    occur twice. Each scan reads the table itself, as PostgreSQL would copy an import CTE that is read three times. -#}
{% macro dqd_counts_of_tables(cdm) -%}
    {%- set parts = ['tables_without_rows'] -%}
    {%- for table, scans in cdm.scans.items() -%}
        {%- for scan in ('alone', 'joined') if scans[scan] -%}
            {%- do parts.append(table ~ '_' ~ scan) %}

    {{ table }}_{{ scan }} as (
        select
            {{- rows_of_expressions(
                scans[scan], {'label': 'text', 'violated_rows': 'bigint', 'denominator_rows': 'bigint'}
            ) }}
        from {{ cdm.relations[table] }} as checked
            {%- if 'person_facts.' in scans[scan] | string %}
        left join person_facts on checked.person_id = person_facts.person_id
            {%- endif %}
            {%- for column, key in scans.referred.items() if scan == 'joined' %}
        left join {{ cdm.relations[key.split('.')[0]] }} as referred_{{ column }}
            on checked.{{ column }} = referred_{{ column }}.{{ key.split('.')[1] }}
            {%- endfor %}
    ),
        {%- endfor -%}
        {%- if scans.key -%}
            {%- do parts.append(table ~ '_keys') %}

    {{ table }}_keys as (
        select
            '{{ scans.key_label }}' as label,
            count(*) as violated_rows,
            cast(null as bigint) as denominator_rows
        from {{ cdm.relations[table] }}
        where {{ scans.key }} is not null
        group by {{ scans.key }}
        having count(*) > 1
    ),
        {%- endif -%}
    {%- endfor %}

    empty_labels as (
        select {{ rows_of_list("'" ~ cdm.empty | join(',') ~ "'") }} as label
    ),

    tables_without_rows as (
        select
            label,
            0 as violated_rows,
            0 as denominator_rows
        from empty_labels
        where label <> ''
    ),

    table_counts as (
        {%- for part in parts %}
        select * from {{ part }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),
{%- endmacro %}
