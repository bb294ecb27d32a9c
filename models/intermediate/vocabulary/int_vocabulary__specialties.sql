-- One row per specialty text of providers.csv that has a concept.
with

providers as (
    select * from {{ ref('stg_synthea__providers') }}
),

specialty_concepts as (
    select * from {{ ref('specialty_concepts') }}
),

concepts as (
    select * from {{ ref('stg_vocabulary__concepts') }}
),

specialty_texts as (
    select distinct upper(trim(specialty)) as specialty
    from providers
    where specialty is not null
),

-- The domain filter matters: vocabularies exist in which Family Practice is a kind of visit.
provider_concepts as (
    select
        concept_id,
        vocabulary_id,
        concept_code,
        upper(concept_name) as concept_name
    from concepts
    where domain_id = 'Provider' and standard_concept = 'S' and invalid_reason is null
),

candidates as (
    select
        specialty_texts.specialty,
        provider_concepts.concept_id,
        1 as preference
    from specialty_texts
    inner join specialty_concepts on specialty_texts.specialty = specialty_concepts.specialty
    inner join provider_concepts
        on
            specialty_concepts.vocabulary_id = provider_concepts.vocabulary_id
            and specialty_concepts.concept_code = provider_concepts.concept_code
    union all
    select
        specialty_texts.specialty,
        provider_concepts.concept_id,
        case
            when provider_concepts.vocabulary_id = 'Medicare Specialty' then 2
            else 3
        end as preference
    from specialty_texts
    inner join provider_concepts on specialty_texts.specialty = provider_concepts.concept_name
),

ranked as (
    select
        specialty,
        concept_id,
        row_number() over (partition by specialty order by preference, concept_id) as choice
    from candidates
),

specialties as (
    select
        specialty,
        concept_id as specialty_concept_id
    from ranked
    where choice = 1
)

select * from specialties
