-- One row per person, ingredient, dose and span of time without a gap of more than 30 days.
{{ config(materialized='incremental') }}
with

drug_exposure as (
    select * from {{ ref('drug_exposure') }}
    {{ of_changed_persons() }}
),

drug_doses as (
    select * from {{ ref('int_vocabulary__drug_doses') }}
),

-- Synthea exports neither a quantity nor instructions: one unit a day is assumed, so the strength
-- of the drug is the daily dose. Vaccines, which are given once, have no daily dose.
exposures as (
    select
        drug_exposure.person_id,
        drug_doses.ingredient_concept_id,
        drug_doses.unit_concept_id,
        drug_doses.dose_value,
        drug_exposure.drug_exposure_start_date as start_date,
        drug_exposure.drug_exposure_end_date as end_date
    from drug_exposure
    inner join drug_doses on drug_exposure.drug_concept_id = drug_doses.drug_concept_id
    where drug_exposure.drug_type_concept_id = {{ concept('EHR prescription') }}
),

reaching as (
    select
        person_id,
        ingredient_concept_id,
        unit_concept_id,
        dose_value,
        start_date,
        end_date,
        max(end_date) over (
            partition by person_id, ingredient_concept_id, unit_concept_id, dose_value
            order by start_date, end_date
            rows between unbounded preceding and 1 preceding
        ) as end_date_so_far
    from exposures
),

-- Range and not rows: the two windows may order rows of the same days differently, and such rows
-- must have one number.
numbered as (
    select
        person_id,
        ingredient_concept_id,
        unit_concept_id,
        dose_value,
        start_date,
        end_date,
        sum(case when start_date <= end_date_so_far + 30 then 0 else 1 end) over (
            partition by person_id, ingredient_concept_id, unit_concept_id, dose_value
            order by start_date, end_date
            range between unbounded preceding and current row
        ) as era_no
    from reaching
),

eras as (
    select
        person_id,
        ingredient_concept_id,
        unit_concept_id,
        dose_value,
        min(start_date) as start_date,
        max(end_date) as end_date
    from numbered
    group by person_id, ingredient_concept_id, unit_concept_id, dose_value, era_no
),

dose_era as (
    select
        {{ person_local_id('ingredient_concept_id, unit_concept_id, dose_value, start_date') }}
            as dose_era_id,
        person_id,
        cast(ingredient_concept_id as integer) as drug_concept_id,
        cast(unit_concept_id as integer) as unit_concept_id,
        cast(dose_value as numeric(38, 12)) as dose_value,
        start_date as dose_era_start_date,
        end_date as dose_era_end_date
    from eras
)

select * from dose_era
