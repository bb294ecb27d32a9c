-- One row per coverage period of a patient.
{{ config(materialized='incremental') }}
with

transitions as (
    select * from {{ ref('stg_synthea__payer_transitions') }}
    {{ of_changed_persons('patient_id') }}
),

patients as (
    select * from {{ ref('int_people__patients') }}
    {{ of_changed_persons() }}
),

-- Up to v2.7 the ends are years, both included; later they are timestamps and the end is the next
-- period's start. An end that is missing or no date of this world (292278994-08-17) counts as
-- missing.
parsed as (
    select
        patients.person_id,
        patients.birth_date,
        patients.death_date,
        transitions.payer_id,
        transitions.secondary_payer_id,
        transitions.member_id,
        transitions.plan_ownership,
        transitions.owner_name,
        transitions.start_text,
        case
            when {{ matches('transitions.start_text', "'[0-9]{4}'") }}
                then greatest(
                    cast(transitions.start_text || '-01-01' as date), patients.birth_date
                )
            else cast(left(transitions.start_text, 10) as date)
        end as start_date,
        case
            when left(transitions.end_text, 4) > '2200' then null
            when {{ matches('transitions.end_text', "'[0-9]{4}'") }}
                then cast(transitions.end_text || '-12-31' as date)
            when {{ matches('transitions.end_text', "'[0-9]{4}-.*'") }}
                then cast(left(transitions.end_text, 10) as date) - 1
        end as end_date
    from transitions
    inner join patients on transitions.patient_id = patients.patient_id
),

closed as (
    select
        person_id,
        payer_id,
        secondary_payer_id,
        member_id,
        plan_ownership,
        owner_name,
        start_text,
        start_date,
        greatest(
            start_date,
            least(coalesce(end_date, cast(start_date + interval '1 year' as date) - 1), death_date)
        ) as end_date
    from parsed
),

coverage_periods as (
    select
        {{ person_local_id(
            'start_date, end_date, payer_id nulls last, member_id nulls last,
            secondary_payer_id nulls last, plan_ownership ' ~ bytewise() ~ ' nulls last,
            owner_name ' ~ bytewise() ~ ' nulls last'
        ) }} as payer_plan_period_id,
        person_id,
        payer_id,
        secondary_payer_id,
        member_id,
        plan_ownership,
        owner_name,
        start_text,
        start_date,
        end_date
    from closed
)

select * from coverage_periods
