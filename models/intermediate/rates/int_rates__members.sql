-- One row per line that says who is in a provider group.
{{ config(materialized='view') }}
with

files as (
    select * from {{ ref('int_rates__files') }}
),

flattened as (
    select * from {{ ref('stg_rates__flattened_providers') }}
),

providers as (
    select * from {{ ref('stg_rates__json_providers') }}
),

located_providers as (
    select * from {{ ref('stg_rates__json_providers') }}
    where provider_group_id is null
),

located_files as (
    select * from {{ ref('int_rates__files') }}
),

roots as (
    select * from {{ ref('stg_rates__json_files') }}
),

json_files as (
    select
        files.file_id,
        files.file_set_id,
        files.given_payer_slug,
        roots.reporting_entity_name,
        roots.version
    from files
    inner join roots on files.file_id = roots.file_id
),

-- A file that stands for a location knows its URL, or nothing but the name that the URL ends with.
located as (
    select
        located_files.file_set_id,
        located_providers.*
    from located_providers
    inner join located_files on located_providers.file_id = located_files.file_id
),

in_json as (
    select
        json_files.file_set_id,
        json_files.given_payer_slug,
        json_files.reporting_entity_name,
        json_files.version,
        providers.provider_group_id,
        coalesce(located.file_id, providers.file_id) as file_id,
        case when located.file_id is null then providers.npi else located.npi end as npi,
        case when located.file_id is null then providers.tin_type else located.tin_type end as tin_type,
        case when located.file_id is null then providers.tin_value else located.tin_value end as tin_value,
        case when located.file_id is null then providers.business_name else located.business_name end
            as business_name,
        case when located.file_id is null then providers.location end as missing_location
    from providers
    inner join json_files on providers.file_id = json_files.file_id
    left join located
        on
            json_files.file_set_id = located.file_set_id
            and located.location in (
                providers.location, regexp_replace(providers.location, '^.*/', '')
            )
    where providers.provider_group_id is not null
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
        nullif(flattened.location, '') as missing_location
    from flattened
    inner join files on flattened.file_id = files.file_id
    union all
    select
        file_id,
        file_set_id,
        given_payer_slug,
        reporting_entity_name,
        version,
        provider_group_id,
        npi,
        tin_type,
        tin_value,
        business_name,
        nullif(missing_location, '') as missing_location
    from in_json
)
