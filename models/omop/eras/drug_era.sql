-- One row per person, ingredient and span of time without a gap of more than 30 days.
{{ config(materialized='incremental') }}
with

drug_exposure as (
    select * from {{ ref('drug_exposure') }}
    {{ of_changed_persons() }}
),

drug_ingredients as (
    select * from {{ ref('int_vocabulary__drug_ingredients') }}
),

exposures as (
    select
        drug_exposure.person_id,
        drug_ingredients.ingredient_concept_id,
        drug_exposure.drug_exposure_start_date as start_date,
        drug_exposure.drug_exposure_end_date as end_date
    from drug_exposure
    inner join drug_ingredients on drug_exposure.drug_concept_id = drug_ingredients.drug_concept_id
),

reaching as (
    select
        person_id,
        ingredient_concept_id,
        start_date,
        end_date,
        max(end_date) over (
            partition by person_id, ingredient_concept_id
            order by start_date, end_date
            rows between unbounded preceding and 1 preceding
        ) as end_date_so_far
    from exposures
),

-- Exposures that overlap are one stretch of use. The same running end serves both steps, because
-- the end of the stretches so far is the end of the exposures so far.
-- Range and not rows: the two windows may order rows of the same days differently, and such rows
-- must have one number.
numbered as (
    select
        person_id,
        ingredient_concept_id,
        start_date,
        end_date,
        sum(case when start_date <= end_date_so_far then 0 else 1 end) over (
            partition by person_id, ingredient_concept_id
            order by start_date, end_date
            range between unbounded preceding and current row
        ) as stretch_no,
        sum(case when start_date <= end_date_so_far + 30 then 0 else 1 end) over (
            partition by person_id, ingredient_concept_id
            order by start_date, end_date
            range between unbounded preceding and current row
        ) as era_no
    from reaching
),

stretches as (
    select
        person_id,
        ingredient_concept_id,
        era_no,
        min(start_date) as start_date,
        max(end_date) as end_date,
        count(*) as exposures
    from numbered
    group by person_id, ingredient_concept_id, era_no, stretch_no
),

eras as (
    select
        person_id,
        ingredient_concept_id,
        min(start_date) as start_date,
        max(end_date) as end_date,
        sum(exposures) as exposures,
        sum({{ days_between('start_date', 'end_date') }} + 1) as days_of_use
    from stretches
    group by person_id, ingredient_concept_id, era_no
),

drug_era as (
    select
        {{ person_local_id('ingredient_concept_id, start_date') }} as drug_era_id,
        person_id,
        cast(ingredient_concept_id as integer) as drug_concept_id,
        start_date as drug_era_start_date,
        end_date as drug_era_end_date,
        cast(exposures as integer) as drug_exposure_count,
        cast({{ days_between('start_date', 'end_date') }} + 1 - days_of_use as integer) as gap_days
    from eras
)

select * from drug_era
