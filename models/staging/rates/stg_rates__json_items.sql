-- One row per item of a CMS JSON file: a service that has rates.
with

source as (
    select * from {{ source('rates', 'json_item') }}
),

renamed as (
    select
        file_id,
        item_number,
        coalesce(negotiation_arrangement, '') as negotiation_arrangement,
        coalesce(name, '') as name,
        coalesce(billing_code_type, '') as billing_code_type,
        coalesce(billing_code_type_version, '') as billing_code_type_version,
        coalesce(billing_code, '') as billing_code,
        coalesce(description, '') as description,
        coalesce(severity_of_illness, '') as severity_of_illness
    from source
)

select * from renamed
