{#- The CTEs of a check that no scan of its table can count, the last of them one row named `<name>` with
    <name>_violated and <name>_rows; none for the other checks. -#}
{% macro dqd_query_of_its_own(check, name, relations, is_vocabulary) -%}
    {%- if check.check_name == 'isPrimaryKey' %}
    {{ name }}_keys as (
        select * from {{ relations[check.table] }}
    ),

    {{ name }}_twice as (
        select count(*) as copies
        from {{ name }}_keys
        {%- if is_vocabulary %}
        cross join counted_batch
        {%- endif %}
        where {{ check.field }} is not null
        group by {{ check.field }}
        having count(*) > 1
    ),

    {{ name }} as (
        select coalesce(sum(copies), 0) as {{ name }}_violated
        from {{ name }}_twice
    ),
    {%- elif check.check_name == 'measurePersonCompleteness' %}
    {{ name }}_all as (
        select * from {{ relations[check.table] }}
    ),

    {{ name }}_persons as (
        select distinct person_id
        from {{ name }}_all
    ),

    {{ name }} as (
        select
            count(*) - count({{ name }}_persons.person_id) as {{ name }}_violated,
            count(*) as {{ name }}_rows
        from person_facts
        left join {{ name }}_persons on person_facts.person_id = {{ name }}_persons.person_id
    ),
    {%- elif check.check_name == 'measureConditionEraCompleteness' and 'condition_occurrence' in relations %}
    {{ name }}_eras as (
        select * from {{ relations.condition_era }}
    ),

    {{ name }}_conditions as (
        select * from {{ relations.condition_occurrence }}
    ),

    {{ name }}_with_era as (
        select distinct person_id
        from {{ name }}_eras
    ),

    {{ name }}_persons as (
        select distinct person_id
        from {{ name }}_conditions
        where condition_concept_id <> 0
    ),

    {{ name }} as (
        select
            count(*) - count({{ name }}_with_era.person_id) as {{ name }}_violated,
            count(*) as {{ name }}_rows
        from {{ name }}_persons
        left join {{ name }}_with_era on {{ name }}_persons.person_id = {{ name }}_with_era.person_id
    ),
    {%- elif check.check_name == 'measureObservationPeriodOverlap' %}
    {{ name }}_periods as (
        select * from {{ relations.observation_period }}
    ),

    {{ name }}_persons as (
        select distinct person_id
        from {{ name }}_periods
    ),

    {{ name }}_overlapping as (
        select distinct period.person_id
        from {{ name }}_periods as period
        inner join {{ name }}_periods as other
            on
                period.person_id = other.person_id
                and period.observation_period_id <> other.observation_period_id
        where
            other.observation_period_start_date <= period.observation_period_end_date + 1
            and other.observation_period_end_date >= period.observation_period_start_date
    ),

    {{ name }} as (
        select
            count({{ name }}_overlapping.person_id) as {{ name }}_violated,
            count(*) as {{ name }}_rows
        from {{ name }}_persons
        left join {{ name }}_overlapping on {{ name }}_persons.person_id = {{ name }}_overlapping.person_id
    ),
    {%- endif -%}
{%- endmacro %}
