-- One row per drug concept that a code maps to and ingredient it contains.
with

code_map as (
    select * from {{ ref('int_vocabulary__code_map') }}
),

ancestors as (
    select * from {{ ref('stg_vocabulary__concept_ancestors') }}
),

concepts as (
    select * from {{ ref('stg_vocabulary__concepts') }}
),

drugs as (
    select distinct target_concept_id as drug_concept_id
    from code_map
    where cdm_table = 'drug_exposure'
),

drug_ingredients as (
    select distinct
        drugs.drug_concept_id,
        concepts.concept_id as ingredient_concept_id
    from drugs
    inner join ancestors on drugs.drug_concept_id = ancestors.descendant_concept_id
    inner join concepts on ancestors.ancestor_concept_id = concepts.concept_id
    where
        concepts.concept_class_id = 'Ingredient'
        and concepts.standard_concept = 'S'
        and concepts.vocabulary_id in ('RxNorm', 'RxNorm Extension')
)

select * from drug_ingredients
