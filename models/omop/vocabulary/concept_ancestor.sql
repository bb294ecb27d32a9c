-- One row per standard concept and one concept below it in the hierarchy, itself included.
with

concept_ancestor as (
    select
        ancestor_concept_id,
        descendant_concept_id,
        min_levels_of_separation,
        max_levels_of_separation
    from {{ ref('stg_vocabulary__concept_ancestors') }}
)

select * from concept_ancestor
