-- One row per file and rate: whatever the file says of a price, once.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_files',
    meta={'in_parallel': true},
) }}
-- The last table of the star: who sees a rate finds what it refers to.
-- depends_on: {{ ref('dim_code') }}, {{ ref('dim_payer') }}, {{ ref('dim_provider_group') }}
-- depends_on: {{ ref('dim_pos_set') }}, {{ ref('xref_pg_member') }}
with

encoded as (
    select * from {{ ref('int_rates__encoded') }}
    {{ of_new_files() }}
),

files as (
    select * from {{ ref('int_rates__files') }}
),

-- The hashed texts are put together from parts that are made once a code and once for terms.
codes as (
    select
        *,
        concat('|', code_type, '|', code, '|') as hashed_part
    from {{ ref('int_rates__codes') }}
    where is_first
),

terms as (
    select
        *,
        cast(term_id as {{ sql_type('text') }}) as hashed_id,
        concat('|', year_month, '|', payer_slug, '|', billing_class) as hashed_head,
        concat(
            '|', pos_set_id, '|', negotiated_type, '|', negotiation_arrangement, '|',
            expiration_date, '|'
        ) as hashed_tail
    from {{ ref('int_rates__terms') }}
),

groups as (
    select * from {{ ref('int_rates__groups') }}
),

fact_rate as (
    select
        {{ uuid_of(
            "concat(files.file_key, terms.hashed_id, codes.hashed_part, codes.code_type_version, '|', "
            ~ "encoded.provider_group_id, '|', " ~ exact_text('encoded.negotiated_rate') ~ ")"
        ) }} as rate_id,
        encoded.file_id,
        files.file_set_id,
        md5(concat(
            files.state, terms.hashed_head, codes.hashed_part, groups.pg_uid, terms.hashed_tail,
            {{ four_decimals('encoded.negotiated_rate') }}, '|', encoded.provider_group_id
        )) as fact_uid,
        coalesce(files.state, '') as state,
        terms.year_month,
        terms.payer_slug,
        terms.billing_class,
        codes.code_type,
        codes.code,
        groups.pg_uid,
        terms.pos_set_id,
        terms.negotiated_type,
        terms.negotiation_arrangement,
        encoded.negotiated_rate,
        terms.expiration_date,
        encoded.provider_group_id as provider_group_id_raw,
        terms.reporting_entity_name,
        nullif(codes.code_type_version, '') as code_type_version,
        nullif(terms.setting, '') as setting,
        nullif(terms.modifiers, '') as modifiers,
        nullif(terms.severity_of_illness, '') as severity_of_illness,
        nullif(terms.additional_information, '') as additional_information,
        nullif(terms.network_id, '') as network_id,
        terms.rate_unit,
        terms.expires_on,
        terms.expires_on < terms.updated_on as is_expired,
        cast(
            case
                when encoded.negotiated_rate is null then 'missing'
                when encoded.negotiated_rate < 0 then 'negative'
                when encoded.negotiated_rate = 0 then 'zero'
                when encoded.negotiated_rate < terms.lowest_plausible then 'too low'
                when encoded.negotiated_rate > terms.highest_plausible then 'too high'
            end as {{ sql_type('text') }}
        ) as rate_flag,
        encoded.source_rows
    from encoded
    inner join files on encoded.file_id = files.file_id
    inner join codes
        on
            encoded.file_id = codes.file_id
            and encoded.code_id = codes.code_id
    inner join terms
        on
            encoded.file_id = terms.file_id
            and encoded.term_id = terms.term_id
    inner join groups
        on
            encoded.file_id = groups.file_id
            and encoded.provider_group_id = groups.provider_group_id
            and terms.payer_slug = groups.payer_slug
            and terms.version = groups.version
)

select * from fact_rate
