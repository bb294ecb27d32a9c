-- One row per address ever loaded.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    post_hook="{{ unique_keys(['location_id', 'location_key']) }}",
) }}
with

addresses as (
    select * from {{ ref('int_people__addresses') }}
),

unknown as (
    select distinct location_key
    from addresses
    {% if is_incremental() %}
    where not exists (
        select 1 from {{ this }} as known
        where known.location_key = addresses.location_key
    )
    {% endif %}
),

locations as (
    select
        cast(
            {{ last_key('location_id') }}
            + row_number() over (order by location_key {{ bytewise() }}) as bigint
        ) as location_id,
        cast(location_key as {{ sql_type('text') }}) as location_key
    from unknown
)

select * from locations
