-- One row per device row of devices.csv.
with

source as (
    select * from {{ source('synthea', 'devices') }}
),

renamed as (
    select
        -- ids
        patient as patient_id,
        encounter as encounter_id,
        -- what
        code as device_code,
        description as device_description,
        udi,
        -- when
        start as started_at,
        stop as stopped_at
    from source
)

select * from renamed
