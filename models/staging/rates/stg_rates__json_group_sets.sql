-- One row per list of provider groups in a CMS JSON file.
with

source as (
    select * from {{ source('rates', 'json_group_set') }}
),

renamed as (
    select
        file_id,
        set_number,
        provider_group_ids
    from source
)

select * from renamed
