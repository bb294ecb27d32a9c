-- Two eras of a person, a concept and, where it has one, a dose are more than 30 days apart;
-- otherwise they would be one.
with

condition_eras as (
    select * from {{ ref('condition_era') }}
),

drug_eras as (
    select * from {{ ref('drug_era') }}
),

dose_eras as (
    select * from {{ ref('dose_era') }}
),

eras as (
    select
        person_id,
        'condition' as kind,
        condition_concept_id as concept_id,
        cast(null as integer) as unit_concept_id,
        cast(null as numeric(38, 12)) as dose_value,
        condition_era_start_date as start_date,
        condition_era_end_date as end_date
    from condition_eras
    union all
    select
        person_id,
        'drug' as kind,
        drug_concept_id as concept_id,
        cast(null as integer) as unit_concept_id,
        cast(null as numeric(38, 12)) as dose_value,
        drug_era_start_date as start_date,
        drug_era_end_date as end_date
    from drug_eras
    union all
    select
        person_id,
        'dose' as kind,
        drug_concept_id as concept_id,
        unit_concept_id,
        dose_value,
        dose_era_start_date as start_date,
        dose_era_end_date as end_date
    from dose_eras
),

followed as (
    select
        person_id,
        kind,
        concept_id,
        unit_concept_id,
        dose_value,
        start_date,
        end_date,
        lead(start_date) over (
            partition by person_id, kind, concept_id, unit_concept_id, dose_value
            order by start_date, end_date
        ) as next_start_date
    from eras
),

too_close as (
    select * from followed
    where end_date < start_date or next_start_date <= end_date + 30
)

select * from too_close
