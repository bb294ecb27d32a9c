-- One row per further name of a concept in one language.
with

source as (
    select * from {{ source('vocabulary', 'concept_synonym') }}
),

renamed as (
    select
        concept_id,
        concept_synonym_name,
        language_concept_id
    from source
)

select * from renamed
