-- One row per drug concept that a code maps to and that has one dose of one ingredient.
with

code_map as (
    select * from {{ ref('int_vocabulary__code_map') }}
),

drug_strengths as (
    select * from {{ ref('stg_vocabulary__drug_strengths') }}
),

units as (
    select * from {{ ref('stg_vocabulary__concepts') }}
),

drugs as (
    select distinct target_concept_id as drug_concept_id
    from code_map
    where cdm_table = 'drug_exposure'
),

-- A second row, be it of another ingredient or of another time, leaves open which dose is meant.
single_strengths as (
    select
        drugs.drug_concept_id,
        min(drug_strengths.ingredient_concept_id) as ingredient_concept_id,
        min(drug_strengths.amount_value) as amount_value,
        min(drug_strengths.amount_unit_concept_id) as amount_unit_concept_id,
        min(drug_strengths.numerator_value) as numerator_value,
        min(drug_strengths.invalid_reason) as invalid_reason
    from drugs
    inner join drug_strengths on drugs.drug_concept_id = drug_strengths.drug_concept_id
    group by drugs.drug_concept_id
    having count(*) = 1
),

drug_doses as (
    select
        single_strengths.drug_concept_id,
        single_strengths.ingredient_concept_id,
        single_strengths.amount_value as dose_value,
        single_strengths.amount_unit_concept_id as unit_concept_id
    from single_strengths
    inner join units on single_strengths.amount_unit_concept_id = units.concept_id
    where
        single_strengths.invalid_reason is null
        and single_strengths.amount_value > 0
        and single_strengths.numerator_value is null
        and units.domain_id = 'Unit'
        and units.standard_concept = 'S'
        and units.invalid_reason is null
)

select * from drug_doses
