-- One row per encounter row of encounters.csv.
with

source as (
    select * from {{ source('synthea', 'encounters') }}
),

renamed as (
    select
        -- ids
        id as encounter_id,
        patient as patient_id,
        organization as organization_id,
        provider as provider_id,
        payer as payer_id,
        -- what
        lower(trim(encounterclass)) as encounter_class,
        code as encounter_code,
        description as encounter_description,
        reasoncode as reason_code,
        reasondescription as reason_description,
        -- when
        start as started_at,
        stop as stopped_at,
        -- money
        base_encounter_cost,
        total_claim_cost,
        payer_coverage
    from source
)

select * from renamed
