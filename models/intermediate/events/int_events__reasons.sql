-- One row per CDM row and reason it has, with the condition or allergy row that the reason means.
{{ config(materialized='incremental') }}
with

events as (
    select * from {{ ref('int_events__mapped') }}
    {{ of_changed_persons() }}
),

encounters as (
    select * from {{ ref('int_visits__encounters') }}
    {{ of_changed_persons() }}
),

visits as (
    select * from {{ ref('int_visits__encounters_assigned') }}
    {{ of_changed_persons() }}
),

-- The events again, because PostgreSQL would copy a relation that is named twice.
diagnoses as (
    select * from {{ ref('int_events__mapped') }}
    {{ of_changed_persons() }}
),

given_reasons as (
    select
        person_id,
        cdm_table,
        event_id,
        encounter_id,
        reason_code,
        start_date,
        started_at
    from events
    where reason_code is not null and target_no = 1
    union all
    select
        encounters.person_id,
        'visit_occurrence' as cdm_table,
        visits.visit_occurrence_id as event_id,
        encounters.encounter_id,
        encounters.reason_code,
        encounters.start_date,
        encounters.started_at
    from encounters
    inner join visits
        on
            encounters.person_id = visits.person_id
            and encounters.visit_detail_id = visits.visit_detail_id
    where encounters.reason_code is not null
),

numbered as (
    select
        person_id,
        source_code,
        start_date,
        cdm_table,
        event_id,
        row_number() over (
            partition by person_id, source_code, start_date order by event_id, cdm_table
        ) as row_of_day
    from diagnoses
    where source_file in ('conditions', 'allergies') and target_no = 1
),

-- Every day has one row of a code that it means: the last that has begun, the first before any has.
-- Said as days from and to, so that the join finds that row alone. One day of grace, because the
-- dates of conditions are local and those of encounters are not.
means as (
    select
        person_id,
        source_code,
        cdm_table,
        event_id,
        start_date,
        case
            when row_number() over (partition by person_id, source_code order by start_date) > 1
                then start_date - 1
        end as from_date,
        lead(start_date) over (partition by person_id, source_code order by start_date) - 1
            as before_date
    from numbered
    where row_of_day = 1
),

reasons as (
    select
        given_reasons.person_id,
        given_reasons.cdm_table,
        given_reasons.event_id,
        given_reasons.encounter_id,
        given_reasons.reason_code,
        given_reasons.start_date,
        given_reasons.started_at,
        means.cdm_table as reason_table,
        means.event_id as reason_id,
        means.start_date as reason_date
    from given_reasons
    left join means
        on
            given_reasons.person_id = means.person_id
            and given_reasons.reason_code = means.source_code
            and (means.from_date is null or given_reasons.start_date >= means.from_date)
            and (means.before_date is null or given_reasons.start_date < means.before_date)
)

select * from reasons
