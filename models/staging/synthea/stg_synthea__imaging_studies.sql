-- One row per instance row of imaging_studies.csv.
with

source as (
    select * from {{ source('synthea', 'imaging_studies') }}
),

renamed as (
    select
        -- ids
        id as imaging_study_id,
        patient as patient_id,
        encounter as encounter_id,
        series_uid,
        instance_uid,
        -- what
        bodysite_code,
        modality_code,
        sop_code,
        procedure_code,
        -- when
        date as studied_at
    from source
)

select * from renamed
