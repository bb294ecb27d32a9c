{#- The CTE `person_counts`, and those before it: the checks of tables that count persons and not rows, as far as the tables
    are there. `cdm` is that of dqd_scans(). -#}
{% macro dqd_counts_of_persons(cdm) -%}
    {%- set asked, parts = [], [] -%}
    {%- for table in cdm.relations if table != 'person' and 'person_id' in cdm.present.get(table, {}) -%}
        {%- do asked.append(table) -%}
    {%- endfor -%}
    {%- if 'person' in cdm.present and 'death' in cdm.present -%}
        {%- do parts.extend(['persons_asked_for', 'persons_found']) %}

    all_persons as (
        select count(*) as persons
        from person_facts
    ),

    checks as (
        select * from {{ ref('dqd_checks') }}
    ),

    -- All of them, less those who have a row.
    persons_asked_for as (
        select
            checks.check_name,
            checks.cdm_table_name,
            all_persons.persons as violated_rows,
            all_persons.persons as denominator_rows
        from checks
        cross join all_persons
        where
            checks.check_name = 'measurePersonCompleteness'
            and lower(checks.cdm_table_name) in ('{{ asked | join("', '") }}')
    ),

    persons_with_rows as (
        {%- for table in asked if table in cdm.filled %}
        select distinct
            '{{ table }}' as counted_table,
            person_id
        from {{ cdm.relations[table] }}
        union all
        {%- endfor %}
        select
            'none' as counted_table,
            person_id
        from person_facts
        where false
    ),

    persons_found as (
        select
            persons_asked_for.check_name,
            persons_asked_for.cdm_table_name,
            -count(*) as violated_rows,
            0 as denominator_rows
        from persons_asked_for
        inner join persons_with_rows
            on lower(persons_asked_for.cdm_table_name) = persons_with_rows.counted_table
        inner join person_facts on persons_with_rows.person_id = person_facts.person_id
        group by persons_asked_for.check_name, persons_asked_for.cdm_table_name
    ),
    {%- endif -%}
    {%- if 'condition_era' in cdm.present and 'condition_occurrence' in cdm.present -%}
        {%- do parts.append('persons_without_era') %}

    persons_with_condition as (
        select distinct person_id
        from {{ cdm.relations.condition_occurrence }}
        where condition_concept_id <> 0
    ),

    persons_with_era as (
        select distinct person_id
        from {{ cdm.relations.condition_era }}
    ),

    persons_without_era as (
        select
            'measureConditionEraCompleteness' as check_name,
            'CONDITION_ERA' as cdm_table_name,
            count(*) - count(persons_with_era.person_id) as violated_rows,
            count(*) as denominator_rows
        from persons_with_condition
        left join persons_with_era on persons_with_condition.person_id = persons_with_era.person_id
    ),
    {%- endif -%}
    {%- if 'observation_period' in cdm.present -%}
        {%- do parts.append('persons_observed_twice') %}

    observation_periods as (
        select * from {{ cdm.relations.observation_period }}
    ),

    persons_observed as (
        select distinct person_id
        from observation_periods
    ),

    persons_overlapping as (
        select distinct period.person_id
        from observation_periods as period
        inner join observation_periods as other
            on
                period.person_id = other.person_id
                and period.observation_period_id <> other.observation_period_id
        where
            other.observation_period_start_date <= period.observation_period_end_date + 1
            and other.observation_period_end_date >= period.observation_period_start_date
    ),

    persons_observed_twice as (
        select
            'measureObservationPeriodOverlap' as check_name,
            'OBSERVATION_PERIOD' as cdm_table_name,
            count(persons_overlapping.person_id) as violated_rows,
            count(*) as denominator_rows
        from persons_observed
        left join persons_overlapping on persons_observed.person_id = persons_overlapping.person_id
    ),
    {%- endif %}

    person_counts as (
        {%- for part in parts %}
        select
            check_name || '.' || cdm_table_name || '.' as label,
            violated_rows,
            denominator_rows
        from {{ part }}
        union all
        {%- endfor %}
        select * from tables_without_rows
        where false
    ),
{%- endmacro %}
