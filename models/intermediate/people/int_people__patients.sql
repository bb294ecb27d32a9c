-- One row per patient of the export, with its person_id.
{{ config(materialized='incremental') }}
with

source_patients as (
    select * from {{ ref('stg_synthea__patients') }}
    {{ of_changed_persons('patient_id') }}
),

person_keys as (
    select * from {{ ref('int_keys__persons') }}
),

-- A patient id that occurs twice is one patient: the first row in the order of the columns counts.
ranked as (
    select
        patient_id,
        birth_date,
        death_date,
        gender,
        race,
        ethnicity,
        marital_status,
        birthplace,
        row_number() over (
            partition by patient_id
            order by
                birth_date nulls last,
                death_date nulls last,
                marital_status {{ bytewise() }} nulls last,
                race {{ bytewise() }} nulls last,
                ethnicity {{ bytewise() }} nulls last,
                gender {{ bytewise() }} nulls last,
                birthplace {{ bytewise() }} nulls last
        ) as patient_row
    from source_patients
),

patients as (
    select
        person_keys.person_id,
        ranked.patient_id,
        ranked.birth_date,
        ranked.death_date,
        ranked.gender,
        ranked.race,
        ranked.ethnicity,
        ranked.marital_status,
        ranked.birthplace
    from ranked
    inner join person_keys on ranked.patient_id = person_keys.patient_id
    where ranked.patient_row = 1
)

select * from patients
