-- A person has as many visit details as encounters: rows of encounters.csv that differ in anything.
with

source_encounters as (
    select distinct * from {{ ref('stg_synthea__encounters') }}
),

patients as (
    select * from {{ ref('int_people__patients') }}
),

details as (
    select * from {{ ref('visit_detail') }}
),

encounter_counts as (
    select
        patients.person_id,
        count(*) as encounters
    from source_encounters
    inner join patients on source_encounters.patient_id = patients.patient_id
    group by patients.person_id
),

detail_counts as (
    select
        person_id,
        count(*) as details
    from details
    group by person_id
),

different as (
    select
        coalesce(encounter_counts.person_id, detail_counts.person_id) as person_id,
        encounter_counts.encounters,
        detail_counts.details
    from encounter_counts
    full outer join detail_counts on encounter_counts.person_id = detail_counts.person_id
    where
        encounter_counts.person_id is null
        or detail_counts.person_id is null
        or encounter_counts.encounters <> detail_counts.details
)

select * from different
