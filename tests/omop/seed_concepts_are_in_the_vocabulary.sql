-- The vocabulary holds the concepts that the seeds name for what is in the data. Where it does not,
-- the value has concept 0, or an encounter class its next choice.
{{ config(severity='warn') }}
with

answers_present as (
    select * from {{ ref('int_vocabulary__values_present') }}
),

answer_concepts as (
    select * from {{ ref('answer_concepts') }}
),

encounters as (
    select * from {{ ref('int_visits__encounters') }}
),

encounter_class_concepts as (
    select * from {{ ref('encounter_class_concepts') }}
),

patients as (
    select * from {{ ref('int_people__patients') }}
),

ethnicities as (
    select * from {{ ref('ethnicity_concepts') }}
),

genders as (
    select * from {{ ref('gender_concepts') }}
),

races as (
    select * from {{ ref('race_concepts') }}
),

unit_concepts as (
    select * from {{ ref('unit_concepts') }}
),

concepts as (
    select * from {{ ref('concept') }}
),

needed as (
    select
        'answer' as kind,
        answer_concepts.answer_text as source_value,
        answer_concepts.concept_id
    from answer_concepts
    inner join answers_present
        on answer_concepts.answer_text = lower(trim(answers_present.value_text))
    where answers_present.value_kind = 'answer'
    union
    select
        'unit' as kind,
        unit_concepts.unit_text as source_value,
        unit_concepts.unit_concept_id as concept_id
    from unit_concepts
    inner join answers_present on unit_concepts.unit_text = answers_present.value_text
    where answers_present.value_kind = 'unit'
    union
    select
        'encounter class' as kind,
        encounter_class_concepts.encounter_class as source_value,
        encounter_class_concepts.concept_id
    from encounter_class_concepts
    inner join encounters on encounter_class_concepts.encounter_class = encounters.encounter_class
    where encounter_class_concepts.priority = 1
    union
    select
        'ethnicity' as kind,
        ethnicities.source_value,
        ethnicities.concept_id
    from ethnicities
    inner join patients on ethnicities.source_value = lower(trim(patients.ethnicity))
    union
    select
        'gender' as kind,
        genders.source_value,
        genders.concept_id
    from genders
    inner join patients on genders.source_value = lower(trim(patients.gender))
    union
    select
        'race' as kind,
        races.source_value,
        races.concept_id
    from races
    inner join patients on races.source_value = lower(trim(patients.race))
),

missing as (
    select
        needed.kind,
        needed.source_value,
        needed.concept_id
    from needed
    left join concepts on needed.concept_id = concepts.concept_id
    where needed.concept_id is not null and concepts.concept_id is null
)

select * from missing
