-- A prescription of a drug with a dose lies in one era of its ingredient and dose, and an era
-- begins and ends with prescriptions.
with

exposures as (
    select * from {{ ref('drug_exposure') }}
),

doses as (
    select * from {{ ref('int_vocabulary__drug_doses') }}
),

eras as (
    select * from {{ ref('dose_era') }}
),

prescribed as (
    select
        exposures.drug_exposure_id,
        exposures.person_id,
        exposures.drug_exposure_start_date,
        exposures.drug_exposure_end_date,
        doses.ingredient_concept_id,
        doses.unit_concept_id,
        doses.dose_value
    from exposures
    inner join doses on exposures.drug_concept_id = doses.drug_concept_id
    where exposures.drug_type_concept_id = {{ concept('EHR prescription') }}
),

matched as (
    select
        prescribed.drug_exposure_id,
        prescribed.drug_exposure_start_date,
        prescribed.drug_exposure_end_date,
        eras.dose_era_id,
        eras.dose_era_start_date,
        eras.dose_era_end_date
    from prescribed
    full outer join eras
        on
            prescribed.person_id = eras.person_id
            and prescribed.ingredient_concept_id = eras.drug_concept_id
            and prescribed.unit_concept_id = eras.unit_concept_id
            and prescribed.dose_value = eras.dose_value
),

-- The join has a prescription with every era of its dose: one of them holds it.
homeless as (
    select drug_exposure_id
    from matched
    where drug_exposure_id is not null
    group by drug_exposure_id
    having
        sum(
            case
                when
                    drug_exposure_start_date >= dose_era_start_date
                    and drug_exposure_end_date <= dose_era_end_date
                    then 1
                else 0
            end
        ) <> 1
),

unfounded as (
    select dose_era_id
    from matched
    where dose_era_id is not null
    group by dose_era_id
    having
        max(case when drug_exposure_start_date = dose_era_start_date then 1 else 0 end) = 0
        or max(case when drug_exposure_end_date = dose_era_end_date then 1 else 0 end) = 0
),

wrong as (
    select
        'prescription' as kind,
        drug_exposure_id as id
    from homeless
    union all
    select
        'era' as kind,
        dose_era_id as id
    from unfounded
)

select * from wrong
