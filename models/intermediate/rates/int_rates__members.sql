-- One row per line that says who is in a provider group.
{{ config(materialized='view') }}
with

files as (
    select * from {{ ref('int_rates__files') }}
),

located_files as (
    select * from {{ ref('int_rates__files') }}
    where file_kind = 'provider reference json'
),

flattened as (
    select * from {{ ref('stg_rates__flattened_providers') }}
),

providers as (
    select * from {{ ref('stg_rates__json_providers') }}
),

located_providers as (
    select * from {{ ref('stg_rates__json_providers') }}
),

roots as (
    select * from {{ ref('stg_rates__json_files') }}
),

located as (
    select
        located_files.file_set_id,
        located_files.file_url,
        located_providers.npi,
        located_providers.tin_type,
        located_providers.tin_value,
        located_providers.business_name
    from located_providers
    inner join located_files on located_providers.file_id = located_files.file_id
),

in_json as (
    select
        files.file_id,
        files.file_set_id,
        files.given_payer_slug,
        roots.reporting_entity_name,
        roots.version,
        providers.provider_group_id,
        case when located.file_url is null then providers.npi else located.npi end as npi,
        coalesce(located.tin_type, providers.tin_type) as tin_type,
        coalesce(located.tin_value, providers.tin_value) as tin_value,
        coalesce(located.business_name, providers.business_name) as business_name,
        case when located.file_url is null then providers.location end as missing_location
    from providers
    inner join files
        on
            providers.file_id = files.file_id
            and files.file_kind = 'in-network json'
    inner join roots on providers.file_id = roots.file_id
    -- Whoever loads the file of a location gives its URL, or at least the name that the URL ends with.
    left join located
        on
            files.file_set_id = located.file_set_id
            and located.file_url in (
                providers.location, regexp_replace(providers.location, '^.*/', '')
            )
),

collected as (
    select
        files.file_id,
        files.file_set_id,
        files.given_payer_slug,
        flattened.reporting_entity_name,
        flattened.version,
        flattened.provider_group_id,
        flattened.npi,
        flattened.tin_type,
        flattened.tin_value,
        cast(null as text) as business_name,
        -- The lines of a location that was read have NPIs.
        case when coalesce(flattened.npi, '') = '' then flattened.location end as missing_location
    from flattened
    inner join files on flattened.file_id = files.file_id
    union all
    select * from in_json
),

slugged as (
    select
        collected.*,
        coalesce(given_payer_slug, {{ payer_slug('reporting_entity_name') }}) as payer_slug
    from collected
),

members as (
    select
        file_id,
        file_set_id,
        payer_slug,
        version,
        provider_group_id,
        {{ pg_uid('payer_slug', 'version', 'provider_group_id') }} as pg_uid,
        npi,
        tin_type,
        tin_value,
        business_name,
        nullif(missing_location, '') as missing_location
    from slugged
)

select * from members
