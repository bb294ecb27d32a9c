-- A drug exposure lies in one era of each ingredient of its drug, the eras count it once, and the
-- days without a drug are days of the era.
with

exposures as (
    select * from {{ ref('drug_exposure') }}
),

ingredients as (
    select * from {{ ref('int_vocabulary__drug_ingredients') }}
),

eras as (
    select * from {{ ref('drug_era') }}
),

contained as (
    select
        exposures.drug_exposure_id,
        exposures.drug_exposure_start_date,
        exposures.drug_exposure_end_date,
        exposures.person_id,
        ingredients.ingredient_concept_id
    from exposures
    inner join ingredients on exposures.drug_concept_id = ingredients.drug_concept_id
),

counted as (
    select
        eras.drug_era_id,
        eras.drug_exposure_count,
        eras.gap_days,
        eras.drug_era_start_date,
        eras.drug_era_end_date,
        count(contained.drug_exposure_id) as exposures_inside,
        min(contained.drug_exposure_start_date) as first_start_date,
        max(contained.drug_exposure_end_date) as last_end_date
    from eras
    left join contained
        on
            eras.person_id = contained.person_id
            and eras.drug_concept_id = contained.ingredient_concept_id
            and contained.drug_exposure_start_date >= eras.drug_era_start_date
            and contained.drug_exposure_start_date <= eras.drug_era_end_date
    group by
        eras.drug_era_id,
        eras.drug_exposure_count,
        eras.gap_days,
        eras.drug_era_start_date,
        eras.drug_era_end_date
),

outside as (
    select contained.drug_exposure_id
    from contained
    left join eras
        on
            contained.person_id = eras.person_id
            and contained.ingredient_concept_id = eras.drug_concept_id
            and contained.drug_exposure_start_date >= eras.drug_era_start_date
            and contained.drug_exposure_start_date <= eras.drug_era_end_date
    where eras.drug_era_id is null
),

wrong as (
    select
        'era' as kind,
        drug_era_id as id
    from counted
    where
        drug_exposure_count <> exposures_inside
        or drug_era_start_date <> first_start_date
        or drug_era_end_date <> last_end_date
        or gap_days < 0
        or gap_days > {{ days_between('drug_era_start_date', 'drug_era_end_date') }}
    union all
    select
        'exposure' as kind,
        drug_exposure_id as id
    from outside
)

select * from wrong
