-- One row per rates element of an item and list of provider groups that it names.
with

source as (
    select * from {{ source('rates', 'json_element') }}
),

renamed as (
    select
        file_id,
        item_number,
        element_number,
        set_number
    from source
)

select * from renamed
