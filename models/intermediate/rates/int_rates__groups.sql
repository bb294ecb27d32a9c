-- One row per file and provider group that it has rates for.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_files',
    post_hook="{{ drop_withdrawn_rates() }}",
) }}
with

encoded as (
    select * from {{ ref('int_rates__encoded') }}
    {{ of_new_files() }}
),

terms as (
    select * from {{ ref('int_rates__terms') }}
),

referred as (
    select
        file_id,
        term_id,
        provider_group_id,
        count(*) as rates
    from encoded
    where provider_group_id is not null
    group by file_id, term_id, provider_group_id
),

groups as (
    select
        referred.file_id,
        terms.payer_slug,
        terms.version,
        referred.provider_group_id,
        {{ pg_uid('terms.payer_slug', 'terms.version', 'referred.provider_group_id') }} as pg_uid,
        cast(sum(referred.rates) as bigint) as rates
    from referred
    inner join terms
        on
            referred.file_id = terms.file_id
            and referred.term_id = terms.term_id
    group by
        referred.file_id,
        terms.payer_slug,
        terms.version,
        referred.provider_group_id
)

select * from groups
