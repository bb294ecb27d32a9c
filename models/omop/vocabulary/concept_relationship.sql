-- One row per pair of concepts and the relationship that leads from the first to the second.
with

concept_relationship as (
    select
        concept_id_1,
        concept_id_2,
        relationship_id,
        valid_start_date,
        valid_end_date,
        invalid_reason
    from {{ ref('stg_vocabulary__concept_relationships') }}
)

select * from concept_relationship
