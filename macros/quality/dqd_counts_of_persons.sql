{#- The CTE `person_counts`, and those before it: the checks of tables that count persons and not rows, as far as the tables
    are there. `cdm` is that of dqd_checks_present(). -#}
{% macro dqd_counts_of_persons(cdm) -%}
    {%- set seen, listed, parts = [], [], [] -%}
    {%- for table, checks in cdm.checks.items() if 'person' in cdm.checks and 'death' in cdm.checks -%}
        {%- for check in checks if check.check_name == 'measurePersonCompleteness' and 'person_id' in cdm.present[table] -%}
            {%- do seen.append(table) -%}
            {%- do listed.append(["'" ~ check.check_name ~ "'", "'" ~ check.table_name ~ "'", 'count(*)', 'count(*)']) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if seen -%}
        {%- do parts.extend(['persons_asked_for', 'persons_found']) %}

    -- All persons, and less those who have a row.
    persons_asked_for as (
        select
            {{- rows_of_expressions(listed, {
                'check_name': 'text', 'cdm_table_name': 'text', 'violated_rows': 'bigint', 'denominator_rows': 'bigint',
            }) }}
        from person_facts
    ),

    persons_with_rows as (
        {%- for table in seen %}
        select distinct
            '{{ table | upper }}' as cdm_table_name,
            person_id
        from {{ cdm.relations[table] }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),

    persons_found as (
        select
            'measurePersonCompleteness' as check_name,
            persons_with_rows.cdm_table_name,
            -count(*) as violated_rows,
            0 as denominator_rows
        from persons_with_rows
        inner join person_facts on persons_with_rows.person_id = person_facts.person_id
        group by persons_with_rows.cdm_table_name
    ),
    {%- endif -%}
    {%- if 'condition_era' in cdm.checks and 'condition_occurrence' in cdm.checks -%}
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
    {%- if 'observation_period' in cdm.checks -%}
        {%- do parts.append('persons_observed_twice') %}

    persons_overlapping as (
        select distinct period.person_id
        from {{ cdm.relations.observation_period }} as period
        inner join {{ cdm.relations.observation_period }} as other
            on
                period.person_id = other.person_id
                and period.observation_period_id <> other.observation_period_id
        where
            other.observation_period_start_date <= period.observation_period_end_date + 1
            and other.observation_period_end_date >= period.observation_period_start_date
    ),

    persons_observed as (
        select distinct person_id
        from {{ cdm.relations.observation_period }}
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
            check_name,
            cdm_table_name,
            cast(null as {{ sql_type('text') }}) as cdm_field_name,
            violated_rows,
            denominator_rows
        from {{ part }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),
{%- endmacro %}
