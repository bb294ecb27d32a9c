-- One row per supply row of supplies.csv.
with

source as (
    select * from {{ source('synthea', 'supplies') }}
),

renamed as (
    select
        -- ids
        patient as patient_id,
        encounter as encounter_id,
        -- what
        code as supply_code,
        description as supply_description,
        quantity,
        -- when
        date as supply_date
    from source
)

select * from renamed
