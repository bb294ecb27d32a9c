-- One row per price of a rates element of a CMS JSON file.
with

source as (
    select * from {{ source('rates', 'json_price') }}
),

renamed as (
    select
        file_id,
        item_number,
        element_number,
        coalesce(negotiated_type, '') as negotiated_type,
        negotiated_rate,
        coalesce(expiration_date, '') as expiration_date,
        coalesce(service_codes, '') as service_codes,
        coalesce(billing_class, '') as billing_class,
        coalesce(setting, '') as setting,
        coalesce(billing_code_modifier, '') as billing_code_modifier,
        coalesce(additional_information, '') as additional_information
    from source
)

select * from renamed
