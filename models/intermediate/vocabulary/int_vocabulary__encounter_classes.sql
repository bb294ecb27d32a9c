-- One row per encounter class with the first of its visit concepts that the vocabulary holds.
with

encounter_class_concepts as (
    select * from {{ ref('encounter_class_concepts') }}
),

concepts as (
    select * from {{ ref('stg_vocabulary__concepts') }}
),

held as (
    select
        encounter_class_concepts.encounter_class,
        concepts.concept_id as visit_concept_id,
        row_number() over (
            partition by encounter_class_concepts.encounter_class
            order by encounter_class_concepts.priority
        ) as choice
    from encounter_class_concepts
    inner join concepts on encounter_class_concepts.concept_id = concepts.concept_id
    where
        concepts.standard_concept = 'S'
        and concepts.invalid_reason is null
        and concepts.domain_id = 'Visit'
),

encounter_classes as (
    select
        encounter_class,
        visit_concept_id
    from held
    where choice = 1
)

select * from encounter_classes
