-- One row per concept of the loaded vocabulary.
with

source as (
    select * from {{ source('vocabulary', 'concept') }}
),

renamed as (
    select
        concept_id,
        concept_name,
        domain_id,
        vocabulary_id,
        concept_class_id,
        standard_concept,
        concept_code,
        valid_start_date,
        valid_end_date,
        invalid_reason
    from source
)

select * from renamed
