-- One row per line of a flattened providers file.
with

source as (
    select * from {{ source('rates', 'flattened_provider') }}
),

renamed as (
    select
        file_id,
        coalesce(provider_group_id, '') as provider_group_id,
        npi,
        coalesce(tin_type, '') as tin_type,
        tin_value,
        location,
        coalesce(reporting_entity_name, '') as reporting_entity_name,
        coalesce(version, '') as version
    from source
)

select * from renamed
