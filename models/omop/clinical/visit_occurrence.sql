-- One row per visit: an inpatient stay with all that happened in it, or any other encounter.
{{ config(materialized='incremental') }}
with

encounters as (
    select * from {{ ref('int_visits__encounters_assigned') }}
    {{ of_changed_persons() }}
),

visits as (
    select
        person_id,
        visit_occurrence_id,
        visit_concept_id,
        visit_started_at,
        visit_stopped_at,
        provider_id,
        care_site_id,
        encounter_class
    from encounters
    where visit_detail_id = anchor_visit_detail_id
),

visit_occurrence as (
    select
        visit_occurrence_id,
        person_id,
        cast(visit_concept_id as integer) as visit_concept_id,
        cast(visit_started_at as date) as visit_start_date,
        visit_started_at as visit_start_datetime,
        cast(visit_stopped_at as date) as visit_end_date,
        visit_stopped_at as visit_end_datetime,
        {{ concept('EHR encounter record') }} as visit_type_concept_id,
        provider_id,
        care_site_id,
        {{ shortened('encounter_class', 50) }} as visit_source_value,
        {{ concept('No matching concept') }} as visit_source_concept_id,
        cast(null as integer) as admitted_from_concept_id,
        cast(null as varchar(50)) as admitted_from_source_value,
        cast(null as integer) as discharged_to_concept_id,
        cast(null as varchar(50)) as discharged_to_source_value,
        lag(visit_occurrence_id) over (
            partition by person_id order by visit_started_at, visit_occurrence_id
        ) as preceding_visit_occurrence_id
    from visits
)

select * from visit_occurrence
