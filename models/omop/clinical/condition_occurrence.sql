-- One row per condition that a source row stands for or has as its reason.
{{ config(materialized='incremental') }}
with

events as (
    select * from {{ ref('int_events__mapped') }}
    {{ of_changed_persons() }}
),

added as (
    select * from {{ ref('int_events__added') }}
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

all_rows as (
    select
        event_id,
        person_id,
        source_file,
        encounter_id,
        target_concept_id,
        start_date,
        started_at,
        end_date,
        ended_at,
        type_concept_id,
        provider_id,
        visit_occurrence_id,
        visit_detail_id,
        source_code,
        source_concept_id
    from events
    where cdm_table = 'condition_occurrence'
    union all
    select
        event_id,
        person_id,
        source_file,
        encounter_id,
        target_concept_id,
        start_date,
        started_at,
        cast(null as date) as end_date,
        cast(null as timestamp) as ended_at,
        type_concept_id,
        provider_id,
        visit_occurrence_id,
        visit_detail_id,
        source_code,
        source_concept_id
    from added
    where cdm_table = 'condition_occurrence'
),

condition_occurrence as (
    select
        all_rows.event_id as condition_occurrence_id,
        all_rows.person_id,
        cast(all_rows.target_concept_id as integer) as condition_concept_id,
        all_rows.start_date as condition_start_date,
        all_rows.started_at as condition_start_datetime,
        all_rows.end_date as condition_end_date,
        all_rows.ended_at as condition_end_datetime,
        cast(all_rows.type_concept_id as integer) as condition_type_concept_id,
        case
            when primary_diagnoses.encounter_id is not null then {{ concept('Primary diagnosis') }}
        end as condition_status_concept_id,
        cast(null as varchar(20)) as stop_reason,
        all_rows.provider_id,
        all_rows.visit_occurrence_id,
        all_rows.visit_detail_id,
        {{ shortened('all_rows.source_code', 50) }} as condition_source_value,
        cast(all_rows.source_concept_id as integer) as condition_source_concept_id,
        cast(
            case when primary_diagnoses.encounter_id is not null then 'DIAGNOSIS1' end
            as varchar(50)
        ) as condition_status_source_value
    from all_rows
    left join primary_diagnoses
        on
            all_rows.source_file = 'conditions'
            and all_rows.encounter_id = primary_diagnoses.encounter_id
            and all_rows.source_code = primary_diagnoses.first_diagnosis_code
)

select * from condition_occurrence
