-- One row per condition row of conditions.csv.
with

source as (
    select * from {{ source('synthea', 'conditions') }}
),

renamed as (
    select
        -- ids
        patient as patient_id,
        encounter as encounter_id,
        -- what
        system as code_system,
        code as condition_code,
        description as condition_description,
        -- when
        start as start_date,
        stop as stop_date
    from source
)

select * from renamed
