-- One row per observation row of observations.csv.
with

source as (
    select * from {{ source('synthea', 'observations') }}
),

renamed as (
    select
        -- ids
        patient as patient_id,
        encounter as encounter_id,
        -- what
        lower(trim(category)) as category,
        code as observation_code,
        description as observation_description,
        value as value_text,
        units as unit_text,
        lower(trim(type)) as value_type,
        -- when
        date as observed_at
    from source
)

select * from renamed
