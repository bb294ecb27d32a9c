-- One row per provider row of providers.csv.
with

source as (
    select * from {{ source('synthea', 'providers') }}
),

renamed as (
    select
        -- ids
        id as provider_id,
        organization as organization_id,
        npi,
        -- who
        name as provider_name,
        gender,
        speciality as specialty,
        -- volume
        coalesce(encounters, utilization) as encounter_count,
        -- accounting
        {{ whole_row('source') }} as whole_row
    from source
)

select * from renamed
