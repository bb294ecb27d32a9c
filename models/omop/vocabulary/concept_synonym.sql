-- One row per further name of a concept in one language.
with

concept_synonym as (
    select
        concept_id,
        concept_synonym_name,
        language_concept_id
    from {{ ref('stg_vocabulary__concept_synonyms') }}
)

select * from concept_synonym
