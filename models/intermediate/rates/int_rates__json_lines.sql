-- One row per price of a CMS JSON file, with what its item and its root say of it.
{{ config(materialized='view') }}
with

prices as (
    select * from {{ ref('stg_rates__json_prices') }}
),

items as (
    select * from {{ ref('stg_rates__json_items') }}
),

roots as (
    select * from {{ ref('stg_rates__json_files') }}
),

json_lines as (
    select
        prices.file_id,
        prices.item_number,
        prices.element_number,
        prices.negotiated_rate,
        -- the code
        items.billing_code_type,
        items.billing_code,
        items.billing_code_type_version,
        items.description,
        items.name,
        -- the terms
        prices.negotiated_type,
        items.negotiation_arrangement,
        prices.billing_class,
        prices.setting,
        prices.expiration_date,
        prices.service_codes,
        prices.billing_code_modifier,
        prices.additional_information,
        items.severity_of_illness,
        cast('' as {{ sql_type('text') }}) as network_id,
        roots.reporting_entity_name,
        roots.last_updated_on,
        roots.version
    from prices
    inner join items
        on
            prices.file_id = items.file_id
            and prices.item_number = items.item_number
    inner join roots on prices.file_id = roots.file_id
)

select * from json_lines
