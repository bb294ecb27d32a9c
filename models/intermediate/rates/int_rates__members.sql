-- One row per file set, provider group and who is in it.
{{ config(materialized='view') }}
with

files as (
    select * from {{ ref('int_rates__files') }}
    where file_kind <> 'provider reference json'
),

located_files as (
    select * from {{ ref('int_rates__files') }}
    where file_kind = 'provider reference json'
),

provider_lines as (
    select * from {{ ref('int_rates__provider_lines') }}
),

located_lines as (
    select * from {{ ref('int_rates__provider_lines') }}
),

located as (
    select
        located_files.file_set_id,
        located_files.file_url,
        located_lines.npi,
        located_lines.tin_type,
        located_lines.tin_value,
        located_lines.business_name
    from located_lines
    inner join located_files on located_lines.file_id = located_files.file_id
),

-- Whoever loads the file of a location gives its URL, or at least the name that the URL ends with.
-- The lines of a flattened file whose location was read have NPIs.
resolved as (
    select
        files.file_id,
        files.file_set_id,
        provider_lines.version,
        provider_lines.provider_group_id,
        coalesce(
            files.given_payer_slug, {{ payer_slug('provider_lines.reporting_entity_name') }}
        ) as payer_slug,
        case when located.file_url is null then provider_lines.npi else located.npi end as npi,
        coalesce(located.tin_type, provider_lines.tin_type) as tin_type,
        coalesce(located.tin_value, provider_lines.tin_value) as tin_value,
        coalesce(located.business_name, provider_lines.business_name) as business_name,
        provider_lines.network_names,
        case
            when located.file_url is null and coalesce(provider_lines.npi, '') = ''
                then nullif(provider_lines.location, '')
        end as missing_location
    from provider_lines
    inner join files on provider_lines.file_id = files.file_id
    left join located
        on
            files.file_set_id = located.file_set_id
            and located.file_url in (
                provider_lines.location, regexp_replace(provider_lines.location, '^.*/', '')
            )
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
        network_names,
        missing_location
    from resolved
)

select * from members
