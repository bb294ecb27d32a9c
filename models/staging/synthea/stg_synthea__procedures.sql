-- One row per procedure row of procedures.csv.
with

source as (
    select * from {{ source('synthea', 'procedures') }}
),

renamed as (
    select
        -- ids
        patient as patient_id,
        encounter as encounter_id,
        -- what
        system as code_system,
        code as procedure_code,
        description as procedure_description,
        reasoncode as reason_code,
        reasondescription as reason_description,
        -- when
        start as started_at,
        stop as stopped_at,
        -- money
        base_cost
    from source
)

select * from renamed
