-- One row per line of a flattened rates file.
with

source as (
    select * from {{ source('rates', 'flattened_rate') }}
),

renamed as (
    select
        file_id,
        coalesce(provider_reference_id, '') as provider_group_id,
        negotiated_rate,
        coalesce(negotiated_type, '') as negotiated_type,
        coalesce(billing_class, '') as billing_class,
        coalesce(expiration_date, '') as expiration_date,
        coalesce(service_codes, '') as service_codes,
        coalesce(billing_code_modifier, '') as billing_code_modifier,
        coalesce(additional_information, '') as additional_information,
        coalesce(billing_code, '') as billing_code,
        coalesce(billing_code_type, '') as billing_code_type,
        coalesce(billing_code_type_version, '') as billing_code_type_version,
        coalesce(description, '') as description,
        coalesce(name, '') as name,
        coalesce(negotiation_arrangement, '') as negotiation_arrangement,
        coalesce(reporting_entity_name, '') as reporting_entity_name,
        coalesce(last_updated_on, '') as last_updated_on,
        coalesce(version, '') as version,
        coalesce(network_id, '') as network_id,
        -- what only schema 2 has, and no flattened file
        cast('' as {{ sql_type('text') }}) as setting,
        cast('' as {{ sql_type('text') }}) as severity_of_illness
    from source
)

select * from renamed
