{#- Whether the CDM has the columns that the counting of a check reads, and those that it refers to; `sql` is the counting. -#}
{% macro dqd_is_countable(check, sql, present) -%}
    {%- set read = {
        'isForeignKey': [check.parameter.split('.')],
        'plausibleTemporalAfter': [check.parameter.split('.')],
        'plausibleStartBeforeEnd': [[check.table, check.parameter]],
        'withinVisitDates': [
            [check.table, 'visit_occurrence_id'], ['visit_occurrence', 'visit_occurrence_id'],
            ['visit_occurrence', 'visit_start_date'], ['visit_occurrence', 'visit_end_date'],
        ],
    }.get(check.check_name, []) -%}
    {%- if 'person_facts' in sql -%}
        {%- set read = read + [[check.table, 'person_id'], ['person', 'person_id'], ['death', 'death_date']] -%}
    {%- endif -%}
    {%- for table, column in read if column not in present.get(table, {}) -%}
        {{ return(false) }}
    {%- endfor -%}
    {{ return(true) }}
{%- endmacro %}
