-- One row per immunization row of immunizations.csv.
with

source as (
    select * from {{ source('synthea', 'immunizations') }}
),

renamed as (
    select
        -- ids
        patient as patient_id,
        encounter as encounter_id,
        -- what
        code as vaccine_code,
        description as vaccine_description,
        -- when
        date as given_at,
        -- money
        base_cost
    from source
)

select * from renamed
