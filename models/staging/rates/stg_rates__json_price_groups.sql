-- One row per provider group that a rates element refers to.
with

source as (
    select * from {{ source('rates', 'json_price_group') }}
),

renamed as (
    select
        file_id,
        item_number,
        element_number,
        provider_group_id
    from source
)

select * from renamed
