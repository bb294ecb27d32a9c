-- Every patient is one person, and every person a patient.
with

patients as (
    select distinct patient_id from {{ ref('stg_synthea__patients') }}
),

persons as (
    select * from {{ ref('person') }}
),

unmatched as (
    select
        patients.patient_id,
        persons.person_id
    from patients
    full outer join persons
        on cast(patients.patient_id as varchar(50)) = persons.person_source_value
    where patients.patient_id is null or persons.person_id is null
)

select * from unmatched
