-- One row per pair of concepts and the relationship that leads from the first to the second.
with

source as (
    select * from {{ source('vocabulary', 'concept_relationship') }}
),

renamed as (
    select
        concept_id_1,
        concept_id_2,
        relationship_id,
        valid_start_date,
        valid_end_date,
        invalid_reason
    from source
)

select * from renamed
