{#- What one check of a column counts in a scan of its table, whose rows are called `checked`: {violated, rows} as
    aggregates; `joins` names what the scan must be joined to ('person', or the column of a reference), and the flags
    say which of the two aggregates needs it; `needs` are (table, column) that must be there besides. None for a check
    that is counted elsewhere: in the concepts used, or by a query of its own. -#}
{% macro dqd_count(check, type, is_vocabulary) -%}
    {%- set name = check.check_name -%}
    {%- set value = 'checked.' ~ check.field -%}
    {%- set day = 'cast(' ~ value ~ ' as date)' -%}
    {%- set filled = 'count(' ~ value ~ ')' -%}
    {%- set parts = check.parameter.split('.') -%}
    {%- set person = {'joins': ['person'], 'violated_joined': true, 'needs': [[check.table, 'person_id']]} -%}
    {%- set known = {'rows': 'count(*)'} -%}
    {%- if name in ('cdmTable', 'cdmField') -%}
        {%- do known.update({'violated': '0', 'rows': '1'}) -%}
    {%- elif name in ('isRequired', 'measureValueCompleteness') -%}
        {%- do known.update({'violated': 'count(*) - ' ~ filled}) -%}
    {%- elif name == 'cdmDatatype' -%}
        {#- The type says it, and costs no scan; what has another type is looked at value by value. -#}
        {%- set text = 'cast(' ~ value ~ ' as ' ~ sql_type('text') ~ ')' -%}
        {%- do known.update({
            'violated': '0' if type in ('smallint', 'integer', 'bigint')
            else 'count(case when ' ~ text ~ " = '' or translate(" ~ text ~ ", '-0123456789', '') <> '' then 1 end)"
        }) -%}
    {%- elif name == 'isForeignKey' and check.parameter == 'person.person_id' -%}
        {%- do known.update(person) -%}
        {%- do known.update({
            'violated': 'count(case when ' ~ value ~ ' is not null and person_facts.person_id is null then 1 end)',
        }) -%}
    {%- elif name == 'isForeignKey' and (is_vocabulary or parts[0] != 'concept') -%}
        {%- do known.update({
            'joins': [check.field], 'violated_joined': true, 'needs': [parts],
            'violated': 'count(case when ' ~ value ~ ' is not null and parent_' ~ check.field ~ '.' ~ parts[1]
                ~ ' is null then 1 end)',
        }) -%}
    {%- elif name in ('plausibleValueLow', 'plausibleValueHigh') -%}
        {%- set bound = dqd_bound(check.parameter) -%}
        {%- do known.update({
            'rows': filled,
            'violated': 'count(case when ' ~ (day if bound.startswith('cast') else value)
                ~ (' < ' if name == 'plausibleValueLow' else ' > ') ~ bound ~ ' then 1 end)',
        }) -%}
    {%- elif name == 'plausibleTemporalAfter' and check.parameter == 'person.birth_datetime' -%}
        {%- do known.update(person) -%}
        {%- do known.update({'violated': 'count(case when person_facts.birth_date_or_june > ' ~ day ~ ' then 1 end)'}) -%}
    {%- elif name == 'plausibleTemporalAfter' -%}
        {%- do known.update({
            'needs': [parts], 'violated': 'count(case when cast(checked.' ~ parts[1] ~ ' as date) > ' ~ day ~ ' then 1 end)',
        }) -%}
    {%- elif name == 'plausibleAfterBirth' -%}
        {%- do known.update(person) -%}
        {%- do known.update({
            'rows': filled, 'violated': 'count(case when ' ~ day ~ ' < person_facts.birth_date then 1 end)',
        }) -%}
    {%- elif name in ('plausibleDuringLife', 'plausibleBeforeDeath') -%}
        {%- do known.update(person) -%}
        {%- do known.update({
            'rows_joined': true,
            'rows': 'count(person_facts.death_date)' if name == 'plausibleDuringLife'
            else 'count(case when ' ~ value ~ ' is not null then person_facts.death_date end)',
            'violated': 'count(case when ' ~ day ~ ' > person_facts.death_date + 60 then 1 end)',
        }) -%}
    {%- elif name == 'withinVisitDates' -%}
        {%- do known.update({
            'joins': ['visit_occurrence_id'], 'violated_joined': true, 'rows_joined': true,
            'needs': [
                [check.table, 'visit_occurrence_id'], ['visit_occurrence', 'visit_occurrence_id'],
                ['visit_occurrence', 'visit_start_date'], ['visit_occurrence', 'visit_end_date'],
            ],
            'rows': 'count(parent_visit_occurrence_id.visit_occurrence_id)',
            'violated': 'count(case when ' ~ value ~ ' < parent_visit_occurrence_id.visit_start_date - 7 or ' ~ value
                ~ ' > parent_visit_occurrence_id.visit_end_date + 7 then 1 end)',
        }) -%}
    {%- elif name == 'plausibleStartBeforeEnd' -%}
        {%- set end = 'cast(checked.' ~ check.parameter ~ ' as date)' -%}
        {%- do known.update({
            'needs': [[check.table, check.parameter]],
            'rows': 'count(case when checked.' ~ check.parameter ~ ' is not null then ' ~ value ~ ' end)',
            'violated': 'count(case when ' ~ day ~ ' > ' ~ end ~ ' then 1 end)',
        }) -%}
    {%- endif -%}
    {{ return(known if known.violated is defined else none) }}
{%- endmacro %}
