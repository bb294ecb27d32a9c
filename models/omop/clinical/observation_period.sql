-- One row per person: the time over which something is known.
{{ config(materialized='incremental') }}
with

spans as (
    select * from {{ ref('int_people__spans') }}
    {{ of_changed_persons() }}
),

observation_period as (
    select
        cast(person_id * 1048576 + 1 as bigint) as observation_period_id,
        person_id,
        first_date as observation_period_start_date,
        {{ period_end() }} as observation_period_end_date,
        {{ concept('Standard algorithm from EHR') }} as period_type_concept_id
    from spans
)

select * from observation_period
