{#- What a check counts in the rows of its table, called `checked`, joined to `person_facts` and, for each reference, to
    `referred_<column>`: [violating rows, possible rows] as aggregates. None for a check that is counted elsewhere, in
    the concepts used or among persons, and for one that refers to what the CDM lacks. `present` is that of
    cdm_columns_present(). -#}
{% macro dqd_count(check, present, is_vocabulary) -%}
    {%- set counts = {
        'cdmTable': ['0', '1'],
        'cdmField': ['0', '1'],
        'isPrimaryKey': ['0', 'count(*)'],
        'isRequired': ['count(*) - count({value})', 'count(*)'],
        'measureValueCompleteness': ['count(*) - count({value})', 'count(*)'],
        'cdmDatatype': ["count(case when {text} = '' or translate({text}, '-0123456789', '') <> '' then 1 end)", 'count(*)'],
        'isForeignKey': ['count(case when {value} is not null and {parent} is null then 1 end)', 'count(*)'],
        'plausibleValueLow': ['count(case when {bounded} < {bound} then 1 end)', 'count({value})'],
        'plausibleValueHigh': ['count(case when {bounded} > {bound} then 1 end)', 'count({value})'],
        'plausibleTemporalAfter': ['count(case when {earlier_day} > {day} then 1 end)', 'count(*)'],
        'plausibleAfterBirth': ['count(case when {day} < person_facts.birth_date then 1 end)', 'count({value})'],
        'plausibleDuringLife': [
            'count(case when {day} > person_facts.death_date + 60 then 1 end)', 'count(person_facts.death_date)',
        ],
        'plausibleBeforeDeath': [
            'count(case when {day} > person_facts.death_date + 60 then 1 end)',
            'count(case when {value} is not null then person_facts.death_date end)',
        ],
        'withinVisitDates': [
            'count(case when {value} < {visit}.visit_start_date - 7 or {value} > {visit}.visit_end_date + 7 then 1 end)',
            'count({visit}.visit_occurrence_id)',
        ],
        'plausibleStartBeforeEnd': [
            'count(case when {day} > cast({end} as date) then 1 end)',
            'count(case when {end} is not null then {value} end)',
        ],
    }.get(check.check_name) -%}
    {%- set is_of_concepts = check.check_name == 'isForeignKey' and check.parameter == 'concept.concept_id' -%}
    {%- if check.check_name == 'cdmDatatype' and present[check.table][check.field] in ('smallint', 'integer', 'bigint') -%}
        {#- The type says it. What has another type is looked at value by value. -#}
        {{ return(['0', 'count(*)']) }}
    {%- elif counts is none or is_of_concepts and not is_vocabulary -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set parts = check.parameter.split('.') -%}
    {%- set value = 'checked.' ~ check.field -%}
    {%- set day = 'cast(' ~ value ~ ' as date)' -%}
    {%- set bound = dqd_bound(check.parameter) -%}
    {%- set names = {
        '{value}': value,
        '{day}': day,
        '{text}': 'cast(' ~ value ~ ' as ' ~ sql_type('text') ~ ')',
        '{bound}': bound,
        '{bounded}': day if bound.startswith('cast') else value,
        '{parent}': ('person_facts' if parts[0] == 'person' else 'referred_' ~ check.field) ~ '.' ~ parts[-1],
        '{visit}': 'referred_visit_occurrence_id',
        '{end}': 'checked.' ~ check.parameter,
        '{earlier_day}': 'person_facts.birth_date_or_june' if parts[0] == 'person'
            else 'cast(checked.' ~ parts[-1] ~ ' as date)',
    } -%}
    {%- set filled_in = [] -%}
    {%- for count in counts -%}
        {%- set text = namespace(sql=count) -%}
        {%- for name, sql in names.items() -%}
            {%- set text.sql = text.sql | replace(name, sql) -%}
        {%- endfor -%}
        {%- do filled_in.append(text.sql) -%}
    {%- endfor -%}
    {{ return(filled_in if dqd_is_countable(check, filled_in | join, present) else none) }}
{%- endmacro %}
