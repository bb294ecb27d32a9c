-- One row per source code and standard concept of the user's own mapping.
with

source as (
    select * from {{ source('vocabulary', 'source_to_concept_map') }}
),

renamed as (
    select
        source_code,
        source_concept_id,
        source_vocabulary_id,
        source_code_description,
        target_concept_id,
        target_vocabulary_id,
        valid_start_date,
        valid_end_date,
        invalid_reason
    from source
)

select * from renamed
