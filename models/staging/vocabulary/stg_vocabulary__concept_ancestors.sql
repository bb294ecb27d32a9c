-- One row per standard concept and one concept below it in the hierarchy, itself included.
with

source as (
    select * from {{ source('vocabulary', 'concept_ancestor') }}
),

renamed as (
    select
        ancestor_concept_id,
        descendant_concept_id,
        min_levels_of_separation,
        max_levels_of_separation
    from source
)

select * from renamed
