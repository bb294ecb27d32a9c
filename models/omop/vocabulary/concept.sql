-- One row per concept of the loaded vocabulary.
with

concept as (
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
    from {{ ref('stg_vocabulary__concepts') }}
)

select * from concept
