-- One row per file and rate: whatever the file says of a price, once.
{{ config(materialized='incremental', incremental_strategy='replace_files') }}
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
        codes.*,
        concat('|', code_type, '|', code, '|') as hashed_part
    from {{ ref('int_rates__codes') }} as codes
    where is_first
),

terms as (
    select
        terms.*,
        concat('|', year_month, '|', payer_slug, '|', billing_class) as hashed_head,
        concat(
            '|', pos_set_id, '|', negotiated_type, '|', negotiation_arrangement, '|', expiration_date, '|'
        ) as hashed_tail
    from {{ ref('int_rates__terms') }} as terms
    where is_first
),

groups as (
    select * from {{ ref('int_rates__groups') }}
),

described as (
    select
        encoded.file_id,
        files.file_set_id,
        files.file_key,
        coalesce(files.state, '') as state,
        codes.code_type,
        codes.code,
        codes.code_type_version,
        codes.hashed_part as code_hashed,
        groups.pg_uid,
        encoded.provider_group_id,
        encoded.negotiated_rate,
        encoded.source_rows,
        terms.term_key,
        terms.hashed_head as terms_head,
        terms.hashed_tail as terms_tail,
        terms.year_month,
        terms.payer_slug,
        terms.billing_class,
        terms.pos_set_id,
        terms.negotiated_type,
        terms.negotiation_arrangement,
        terms.expiration_date,
        terms.reporting_entity_name,
        terms.setting,
        terms.modifiers,
        terms.severity_of_illness,
        terms.additional_information,
        terms.network_id,
        terms.rate_unit,
        terms.lowest_plausible,
        terms.highest_plausible,
        terms.expires_on,
        terms.updated_on
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
),

fact_rate as (
    select
        cast(
            md5(concat(
                file_key, term_key, code_hashed, code_type_version, '|', provider_group_id, '|',
                {{ exact_text('negotiated_rate') }}
            )) as uuid
        ) as rate_id,
        file_id,
        file_set_id,
        md5(concat(
            state, terms_head, code_hashed, pg_uid, terms_tail,
            {{ four_decimals('negotiated_rate') }}, '|', provider_group_id
        )) as fact_uid,
        state,
        year_month,
        payer_slug,
        billing_class,
        code_type,
        code,
        pg_uid,
        pos_set_id,
        negotiated_type,
        negotiation_arrangement,
        negotiated_rate,
        expiration_date,
        provider_group_id as provider_group_id_raw,
        reporting_entity_name,
        nullif(code_type_version, '') as code_type_version,
        nullif(setting, '') as setting,
        nullif(modifiers, '') as modifiers,
        nullif(severity_of_illness, '') as severity_of_illness,
        nullif(additional_information, '') as additional_information,
        nullif(network_id, '') as network_id,
        rate_unit,
        expires_on,
        expires_on < updated_on as is_expired,
        cast(
            case
                when negotiated_rate is null then 'missing'
                when negotiated_rate < 0 then 'negative'
                when negotiated_rate = 0 then 'zero'
                when negotiated_rate < lowest_plausible then 'too low'
                when negotiated_rate > highest_plausible then 'too high'
            end as text
        ) as rate_flag,
        source_rows
    from described
)

select * from fact_rate
