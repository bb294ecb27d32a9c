-- One row per kind of relationship between concepts.
with

source as (
    select * from {{ source('vocabulary', 'relationship') }}
),

renamed as (
    select
        relationship_id,
        relationship_name,
        is_hierarchical,
        defines_ancestry,
        reverse_relationship_id,
        relationship_concept_id
    from source
)

select * from renamed
