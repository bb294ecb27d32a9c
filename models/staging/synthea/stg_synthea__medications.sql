-- One row per medication row of medications.csv.
with

source as (
    select * from {{ source('synthea', 'medications') }}
),

renamed as (
    select
        -- ids
        patient as patient_id,
        encounter as encounter_id,
        payer as payer_id,
        -- what
        code as medication_code,
        description as medication_description,
        dispenses,
        reasoncode as reason_code,
        reasondescription as reason_description,
        -- when
        start as started_at,
        stop as stopped_at,
        -- money
        base_cost,
        payer_coverage,
        totalcost as total_cost
    from source
)

select * from renamed
