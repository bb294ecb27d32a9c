-- Every concept that a seed in seeds/mappings names and the vocabulary holds has that name there,
-- is of the right domain, standard and valid. An encounter class may skip a choice that is not
-- standard: it has a next one.
with

answers as (
    select * from {{ ref('answer_concepts') }}
),

encounter_classes as (
    select * from {{ ref('encounter_class_concepts') }}
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

units as (
    select * from {{ ref('unit_concepts') }}
),

payers as (
    select * from {{ ref('payer_concepts') }}
),

specialties as (
    select * from {{ ref('specialty_concepts') }}
),

concepts as (
    select * from {{ ref('concept') }}
),

judged as (
    select
        concept_id,
        concept_name,
        'Meas Value' as domain_id,
        false as has_next_choice
    from answers
    union all
    select
        concept_id,
        concept_name,
        'Visit' as domain_id,
        concept_name <> 'Outpatient Visit' as has_next_choice
    from encounter_classes
    union all
    select
        concept_id,
        concept_name,
        'Ethnicity' as domain_id,
        false as has_next_choice
    from ethnicities
    union all
    select
        concept_id,
        concept_name,
        'Gender' as domain_id,
        false as has_next_choice
    from genders
    union all
    select
        concept_id,
        concept_name,
        'Race' as domain_id,
        false as has_next_choice
    from races
    where concept_id <> 0
    union all
    select
        unit_concept_id as concept_id,
        concept_name,
        'Unit' as domain_id,
        false as has_next_choice
    from units
    union all
    select
        concepts.concept_id,
        concepts.concept_name,
        'Payer' as domain_id,
        false as has_next_choice
    from payers
    inner join concepts
        on
            payers.vocabulary_id = concepts.vocabulary_id
            and payers.concept_code = concepts.concept_code
    union all
    select
        concepts.concept_id,
        concepts.concept_name,
        'Provider' as domain_id,
        false as has_next_choice
    from specialties
    inner join concepts
        on
            specialties.vocabulary_id = concepts.vocabulary_id
            and specialties.concept_code = concepts.concept_code
),

misjudged as (
    select
        judged.concept_id,
        judged.concept_name,
        judged.domain_id,
        concepts.concept_name as name_held,
        concepts.domain_id as domain_held,
        concepts.standard_concept,
        concepts.invalid_reason
    from judged
    inner join concepts on judged.concept_id = concepts.concept_id
    where
        judged.concept_name <> concepts.concept_name
        or (
            not judged.has_next_choice
            and (
                judged.domain_id <> concepts.domain_id
                or coalesce(concepts.standard_concept, '') <> 'S'
                or concepts.invalid_reason is not null
            )
        )
)

select * from misjudged
