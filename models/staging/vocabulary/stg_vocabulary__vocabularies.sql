-- One row per vocabulary.
with

source as (
    select * from {{ source('vocabulary', 'vocabulary') }}
),

renamed as (
    select
        vocabulary_id,
        vocabulary_name,
        vocabulary_reference,
        vocabulary_version,
        vocabulary_concept_id
    from source
)

select * from renamed
