-- One row per patient row of patients.csv.
with

source as (
    select * from {{ source('synthea', 'patients') }}
),

renamed as (
    select
        -- ids
        id as patient_id,
        -- who
        birthdate as birth_date,
        deathdate as death_date,
        gender,
        race,
        ethnicity,
        marital as marital_status,
        birthplace,
        -- where
        address,
        city,
        state,
        county,
        zip,
        lat as latitude,
        lon as longitude,
        -- accounting
        batch_id,
        {{ whole_row('source') }} as whole_row
    from source
)

select * from renamed
