-- One row per file, bundle or capitation and code in it.
{{ config(materialized='incremental', incremental_strategy='replace_files') }}
with

items as (
    select * from {{ ref('stg_rates__json_items') }}
),

item_codes as (
    select * from {{ ref('stg_rates__json_item_codes') }}
    {{ of_new_files() }}
),

xref_code_member as (
    select
        item_codes.file_id,
        items.billing_code_type as code_type,
        items.billing_code as code,
        items.billing_code_type_version as code_type_version,
        items.negotiation_arrangement,
        item_codes.role as member_role,
        item_codes.billing_code_type as member_code_type,
        item_codes.billing_code as member_code,
        item_codes.billing_code_type_version as member_code_type_version,
        min(item_codes.description {{ bytewise() }}) as member_description
    from item_codes
    inner join items
        on
            item_codes.file_id = items.file_id
            and item_codes.item_number = items.item_number
    group by
        item_codes.file_id,
        items.billing_code_type,
        items.billing_code,
        items.billing_code_type_version,
        items.negotiation_arrangement,
        item_codes.role,
        item_codes.billing_code_type,
        item_codes.billing_code,
        item_codes.billing_code_type_version
)

select * from xref_code_member
