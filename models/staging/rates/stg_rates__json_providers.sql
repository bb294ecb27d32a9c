-- One row per provider group of a CMS JSON file, its nth members and NPI.
with

source as (
    select * from {{ source('rates', 'json_provider') }}
),

renamed as (
    select
        file_id,
        provider_group_id,
        group_number,
        npi,
        coalesce(tin_type, '') as tin_type,
        tin_value,
        business_name,
        network_name as network_names,
        location
    from source
)

select * from renamed
