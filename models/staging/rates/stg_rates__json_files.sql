-- One row per CMS JSON file, with the attributes of its root.
with

source as (
    select * from {{ source('rates', 'json_file') }}
),

renamed as (
    select
        file_id,
        coalesce(reporting_entity_name, '') as reporting_entity_name,
        coalesce(last_updated_on, '') as last_updated_on,
        coalesce(version, '') as version
    from source
)

select * from renamed
