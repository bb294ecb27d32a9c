-- One row per claim row of claims.csv.
with

source as (
    select * from {{ source('synthea', 'claims') }}
),

renamed as (
    select
        -- ids
        id as claim_id,
        patientid as patient_id,
        appointmentid as encounter_id,
        -- what
        diagnosis1 as first_diagnosis_code
    from source
)

select * from renamed
