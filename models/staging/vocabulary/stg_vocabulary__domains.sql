-- One row per domain.
with

source as (
    select * from {{ source('vocabulary', 'domain') }}
),

renamed as (
    select
        domain_id,
        domain_name,
        domain_concept_id
    from source
)

select * from renamed
