-- One row per domain.
with

domain as (
    select
        domain_id,
        domain_name,
        domain_concept_id
    from {{ ref('stg_vocabulary__domains') }}
)

select * from domain
