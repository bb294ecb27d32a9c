-- One row per condition that a source row stands for.
{{ config(materialized='incremental') }}
with

events as (
    select * from {{ ref('int_events__mapped') }}
    {{ of_changed_persons() }}
),

claims as (
    select * from {{ ref('stg_synthea__claims') }}
    {{ of_changed_persons('patient_id') }}
),

-- The first diagnosis of an encounter's claim is what the person came for.
primary_diagnoses as (
    select distinct
        encounter_id,
        first_diagnosis_code
    from claims
),

condition_occurrence as (
    select
        events.event_id as condition_occurrence_id,
        events.person_id,
        cast(events.target_concept_id as integer) as condition_concept_id,
        events.start_date as condition_start_date,
        events.started_at as condition_start_datetime,
        events.end_date as condition_end_date,
        events.ended_at as condition_end_datetime,
        cast(events.type_concept_id as integer) as condition_type_concept_id,
        case
            when primary_diagnoses.encounter_id is not null then {{ concept('Primary diagnosis') }}
        end as condition_status_concept_id,
        cast(null as varchar(20)) as stop_reason,
        events.provider_id,
        events.visit_occurrence_id,
        events.visit_detail_id,
        {{ shortened('events.source_code', 50) }} as condition_source_value,
        cast(events.source_concept_id as integer) as condition_source_concept_id,
        cast(
            case when primary_diagnoses.encounter_id is not null then 'DIAGNOSIS1' end
            as varchar(50)
        ) as condition_status_source_value
    from events
    left join primary_diagnoses
        on
            events.source_file = 'conditions'
            and events.encounter_id = primary_diagnoses.encounter_id
            and events.source_code = primary_diagnoses.first_diagnosis_code
    where events.cdm_table = 'condition_occurrence'
)

select * from condition_occurrence
