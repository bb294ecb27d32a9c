-- One row per care plan row of careplans.csv.
with

source as (
    select * from {{ source('synthea', 'careplans') }}
),

renamed as (
    select
        -- ids
        id as careplan_id,
        patient as patient_id,
        encounter as encounter_id,
        -- what
        code as careplan_code,
        description as careplan_description,
        reasoncode as reason_code,
        reasondescription as reason_description,
        -- when
        start as start_date,
        stop as stop_date
    from source
)

select * from renamed
