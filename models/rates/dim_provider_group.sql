-- One row per file set and provider group, whether it has rates, members or both.
with

files as (
    select * from {{ ref('int_rates__files') }}
),

groups as (
    select * from {{ ref('int_rates__groups') }}
),

members as (
    select * from {{ ref('int_rates__members') }}
),

-- Payers number their groups anew; who is in a group, sorted and hashed, tells which is which.
distinct_members as (
    select
        file_set_id,
        pg_uid,
        payer_slug,
        provider_group_id,
        version,
        concat_ws('|', coalesce(npi, ''), tin_type, coalesce(tin_value, '')) as member,
        min(case when npi <> '' and npi <> '0' then npi end) as npi,
        max(network_names {{ bytewise() }}) as network_names,
        max(missing_location {{ bytewise() }}) as missing_location
    from members
    group by file_set_id, pg_uid, payer_slug, provider_group_id, version, member
),

with_members as (
    select
        file_set_id,
        pg_uid,
        min(payer_slug {{ bytewise() }}) as payer_slug,
        min(provider_group_id {{ bytewise() }}) as provider_group_id,
        min(version {{ bytewise() }}) as version,
        0 as rates,
        count(distinct npi) as npis,
        max(network_names {{ bytewise() }}) as network_names,
        max(missing_location {{ bytewise() }}) as missing_location,
        md5({{ texts_joined(
            'case when missing_location is null then member end', "';'", 'member ' ~ bytewise()
        ) }}) as members_key
    from distinct_members
    group by file_set_id, pg_uid
),

referred as (
    select
        files.file_set_id,
        groups.pg_uid,
        groups.payer_slug,
        groups.provider_group_id,
        groups.version,
        groups.rates
    from groups
    inner join files on groups.file_id = files.file_id
),

united as (
    select
        file_set_id,
        pg_uid,
        payer_slug,
        provider_group_id,
        version,
        rates,
        npis,
        network_names,
        missing_location,
        members_key
    from with_members
    union all
    select
        file_set_id,
        pg_uid,
        payer_slug,
        provider_group_id,
        version,
        rates,
        cast(null as bigint) as npis,
        cast(null as {{ sql_type('text') }}) as network_names,
        cast(null as {{ sql_type('text') }}) as missing_location,
        cast(null as {{ sql_type('text') }}) as members_key
    from referred
),

dim_provider_group as (
    select
        pg_uid,
        file_set_id,
        min(payer_slug {{ bytewise() }}) as payer_slug,
        min(provider_group_id {{ bytewise() }}) as provider_group_id_raw,
        min(version {{ bytewise() }}) as version,
        cast(sum(rates) as bigint) as rates,
        cast(max(npis) as integer) as npis,
        max(members_key {{ bytewise() }}) as members_key,
        max(network_names {{ bytewise() }}) as network_names,
        max(missing_location {{ bytewise() }}) as missing_location
    from united
    group by pg_uid, file_set_id
)

select * from dim_provider_group
