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
        lower(trim(gender)) as gender,
        lower(trim(race)) as race,
        lower(trim(ethnicity)) as ethnicity,
        upper(trim(marital)) as marital_status,
        trim(birthplace) as birthplace,
        -- where
        address,
        city,
        state,
        county,
        zip,
        lat as latitude,
        lon as longitude
    from source
)

select * from renamed
