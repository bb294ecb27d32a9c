-- One row per organization row of organizations.csv.
with

source as (
    select * from {{ source('synthea', 'organizations') }}
),

renamed as (
    select
        -- ids
        id as organization_id,
        -- what
        name as organization_name,
        -- where
        address,
        city,
        state,
        zip,
        lat as latitude,
        lon as longitude,
        -- accounting
        {{ whole_row('source') }} as whole_row
    from source
)

select * from renamed
