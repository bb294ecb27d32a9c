-- One row per encounter.
{{ config(materialized='incremental') }}
with

encounters as (
    select * from {{ ref('int_visits__encounters') }}
    {{ of_changed_persons() }}
),

encounters_assigned as (
    select * from {{ ref('int_visits__encounters_assigned') }}
    {{ of_changed_persons() }}
),

encounter_concepts as (
    select * from {{ ref('int_vocabulary__source_concepts') }}
    where source_file = 'encounters'
),

visit_detail as (
    select
        encounters.visit_detail_id,
        encounters.person_id,
        cast(encounters.visit_concept_id as integer) as visit_detail_concept_id,
        encounters.start_date as visit_detail_start_date,
        encounters.started_at as visit_detail_start_datetime,
        encounters.end_date as visit_detail_end_date,
        encounters.stopped_at as visit_detail_end_datetime,
        {{ concept('EHR encounter record') }} as visit_detail_type_concept_id,
        encounters.provider_id,
        encounters.care_site_id,
        {{ shortened('encounters.encounter_code', 50) }} as visit_detail_source_value,
        {{ concept_or_none('encounter_concepts.source_concept_id') }}
            as visit_detail_source_concept_id,
        cast(null as integer) as admitted_from_concept_id,
        cast(null as varchar(50)) as admitted_from_source_value,
        cast(null as integer) as discharged_to_concept_id,
        cast(null as varchar(50)) as discharged_to_source_value,
        lag(encounters.visit_detail_id) over (
            partition by encounters.person_id order by encounters.visit_detail_id
        ) as preceding_visit_detail_id,
        cast(null as bigint) as parent_visit_detail_id,
        encounters_assigned.visit_occurrence_id
    from encounters
    inner join encounters_assigned
        on
            encounters.person_id = encounters_assigned.person_id
            and encounters.visit_detail_id = encounters_assigned.visit_detail_id
    left join encounter_concepts on encounters.encounter_code = encounter_concepts.source_code
)

select * from visit_detail
