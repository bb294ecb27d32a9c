-- The dimensions' keys are unique (tests of their own): a rate that finds a row in each finds one.
with

facts as (
    select * from {{ ref('fact_rate') }}
),

codes as (
    select * from {{ ref('dim_code') }}
),

payers as (
    select * from {{ ref('dim_payer') }}
),

groups as (
    select * from {{ ref('dim_provider_group') }}
),

sets as (
    select * from {{ ref('dim_pos_set') }}
),

orphans as (
    select
        facts.rate_id,
        codes.code,
        payers.payer_slug,
        groups.pg_uid,
        sets.pos_set_id
    from facts
    left join codes
        on
            facts.code_type = codes.code_type
            and facts.code = codes.code
    left join payers on facts.payer_slug = payers.payer_slug
    left join groups
        on
            facts.pg_uid = groups.pg_uid
            and facts.file_set_id = groups.file_set_id
    left join sets on facts.pos_set_id = sets.pos_set_id
    where
        codes.code is null
        or payers.payer_slug is null
        or groups.pg_uid is null
        or sets.pos_set_id is null
)

select * from orphans
