-- One row per Synthea provider ever loaded.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    post_hook="{{ unique_keys(['provider_id', 'provider_uuid']) }}",
) }}
with

source_providers as (
    select * from {{ ref('stg_synthea__providers') }}
),

unknown as (
    select distinct provider_id as provider_uuid
    from source_providers
    {% if is_incremental() %}
    where not exists (
        select 1 from {{ this }} as known
        where known.provider_uuid = source_providers.provider_id
    )
    {% endif %}
),

providers as (
    select
        cast(
            {{ last_key('provider_id') }} + row_number() over (order by provider_uuid) as bigint
        ) as provider_id,
        cast(provider_uuid as {{ sql_type('uuid') }}) as provider_uuid
    from unknown
)

select * from providers
