-- One row per code that an item bundles or covers.
with

source as (
    select * from {{ source('rates', 'json_item_code') }}
),

renamed as (
    select
        file_id,
        item_number,
        coalesce(role, '') as role,
        code_number,
        coalesce(billing_code_type, '') as billing_code_type,
        coalesce(billing_code_type_version, '') as billing_code_type_version,
        coalesce(billing_code, '') as billing_code,
        coalesce(description, '') as description
    from source
)

select * from renamed
