-- Two eras of a person and a concept are more than 30 days apart; otherwise they would be one.
with

condition_eras as (
    select * from {{ ref('condition_era') }}
),

drug_eras as (
    select * from {{ ref('drug_era') }}
),

eras as (
    select
        person_id,
        condition_concept_id as concept_id,
        condition_era_start_date as start_date,
        condition_era_end_date as end_date
    from condition_eras
    union all
    select
        person_id,
        drug_concept_id as concept_id,
        drug_era_start_date as start_date,
        drug_era_end_date as end_date
    from drug_eras
),

followed as (
    select
        person_id,
        concept_id,
        start_date,
        end_date,
        lead(start_date) over (
            partition by person_id, concept_id order by start_date, end_date
        ) as next_start_date
    from eras
),

too_close as (
    select * from followed
    where end_date < start_date or next_start_date <= end_date + 30
)

select * from too_close
