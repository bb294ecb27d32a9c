-- One row per NPI, provider group that it is in and rate of the group.
{{ config(materialized='view') }}
with

facts as (
    select * from {{ ref('fact_rate') }}
),

npis as (
    select * from {{ ref('xref_pg_member_npi') }}
    where npi_status = 'valid'
),

rates_of_npi as (
    select
        npis.npi,
        facts.rate_id,
        facts.payer_slug,
        facts.state,
        facts.year_month,
        facts.code_type,
        facts.code,
        facts.modifiers,
        facts.billing_class,
        facts.setting,
        facts.negotiated_type,
        facts.negotiated_rate,
        facts.rate_unit,
        facts.rate_flag,
        facts.expires_on,
        facts.is_expired,
        facts.pos_set_id,
        facts.pg_uid,
        facts.file_set_id
    from facts
    inner join npis
        on
            facts.file_set_id = npis.file_set_id
            and facts.pg_uid = npis.pg_uid
)

select * from rates_of_npi
