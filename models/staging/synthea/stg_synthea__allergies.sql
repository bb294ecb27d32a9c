-- One row per allergy row of allergies.csv.
with

source as (
    select * from {{ source('synthea', 'allergies') }}
),

renamed as (
    select
        -- ids
        patient as patient_id,
        encounter as encounter_id,
        -- what
        system as code_system,
        code as allergy_code,
        description as allergy_description,
        type as allergy_type,
        category as allergy_category,
        -- reactions
        reaction1 as first_reaction_code,
        description1 as first_reaction_description,
        severity1 as first_reaction_severity,
        reaction2 as second_reaction_code,
        description2 as second_reaction_description,
        severity2 as second_reaction_severity,
        -- when
        start as start_date,
        stop as stop_date
    from source
)

select * from renamed
