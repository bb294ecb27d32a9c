{#- The CTE `counts`, and those before it, of the checks of CDM tables that are counted in their rows. What is counted is added
    up: violating and possible rows of a check may come from two scans. A table that has rows is scanned for what they tell
    alone, joined to what they refer to, and for keys that occur twice; each reads the table itself, as PostgreSQL would
    copy an import CTE that is read three times. `cdm` is that of dqd_checks_present(). -#}
{% macro dqd_counts_of_tables(cdm, is_vocabulary=false) -%}
    {%- set parts, stated = [], [] -%}
    {%- set columns = {
        'check_name': 'text', 'cdm_field_name': 'text', 'violated_rows': 'bigint', 'denominator_rows': 'bigint',
    } -%}
    {%- for table, checks in cdm.checks.items() -%}
        {%- set name = "'" ~ checks[0].table_name ~ "'" -%}
        {%- set scans = dqd_scans(table, cdm, is_vocabulary) -%}
        {%- for row in scans.stated -%}
            {%- do stated.append([row[0], name] + row[1:]) -%}
        {%- endfor -%}
        {%- for scan in ('rows', 'joined') if scans[scan] -%}
            {%- do parts.append(table ~ '_' ~ scan) %}
    {{ table }}_{{ scan }} as (
        select
            {{ name }} as cdm_table_name,
            {{- rows_of_expressions(scans[scan], columns) }}
        from {{ cdm.relations[table] }} as checked
            {%- if 'person_facts' in scans[scan] | string %}
        left join person_facts on checked.person_id = person_facts.person_id
            {%- endif %}
            {%- for column, (parent, key) in scans.parents.items() if scan == 'joined' %}
        left join {{ cdm.relations[parent] }} as referred_{{ column }} on checked.{{ column }} = referred_{{ column }}.{{ key }}
            {%- endfor %}
    ),
        {%- endfor %}
        {%- for check in checks if check.check_name == 'isPrimaryKey' and table in cdm.filled -%}
            {%- do parts.append(table ~ '_keys') %}

    {{ table }}_keys as (
        select
            {{ name }} as cdm_table_name,
            'isPrimaryKey' as check_name,
            '{{ check.field_name }}' as cdm_field_name,
            count(*) as violated_rows,
            0 as denominator_rows
        from {{ cdm.relations[table] }}
        where {{ check.field }} is not null
        group by {{ check.field }}
        having count(*) > 1
    ),
        {%- endfor %}
    {%- endfor %}

    stated as (
        select *
        from (
            values
            {%- for row in stated %}
            ({{ row | join(', ') }}){{ ',' if not loop.last }}
            {%- endfor %}
        ) as listed (check_name, cdm_table_name, cdm_field_name, violated_rows, denominator_rows)
    ),

    counts as (
        {%- for part in parts + ['stated'] %}
        select
            check_name,
            cdm_table_name,
            cdm_field_name,
            violated_rows,
            denominator_rows
        from {{ part }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),
{%- endmacro %}
