-- Every encounter of a known patient is a visit detail, and each of its details lies in a visit of
-- the person with its dates inside the visit's.
with

source_encounters as (
    select * from {{ ref('stg_synthea__encounters') }}
),

patients as (
    select * from {{ ref('int_people__patients') }}
),

encounters as (
    select * from {{ ref('int_visits__encounters') }}
),

details as (
    select * from {{ ref('visit_detail') }}
),

visits as (
    select * from {{ ref('visit_occurrence') }}
),

known as (
    select distinct
        patients.person_id,
        source_encounters.encounter_id
    from source_encounters
    inner join patients on source_encounters.patient_id = patients.patient_id
),

astray as (
    select
        known.person_id,
        known.encounter_id,
        details.visit_detail_id,
        visits.visit_occurrence_id
    from known
    left join encounters
        on
            known.person_id = encounters.person_id
            and known.encounter_id = encounters.encounter_id
    left join details on encounters.visit_detail_id = details.visit_detail_id
    left join visits
        on
            details.visit_occurrence_id = visits.visit_occurrence_id
            and details.person_id = visits.person_id
            and details.visit_detail_start_datetime >= visits.visit_start_datetime
            and details.visit_detail_end_datetime <= visits.visit_end_datetime
    where visits.visit_occurrence_id is null
)

select * from astray
