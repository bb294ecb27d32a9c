-- A condition with a concept lies in one era of that concept, and the eras count each condition
-- once.
with

conditions as (
    select * from {{ ref('condition_occurrence') }}
),

eras as (
    select * from {{ ref('condition_era') }}
),

counted as (
    select
        eras.condition_era_id,
        eras.condition_occurrence_count,
        count(conditions.condition_occurrence_id) as conditions_inside,
        min(conditions.condition_start_date) as first_start_date,
        max(coalesce(conditions.condition_end_date, conditions.condition_start_date + 1))
            as last_end_date,
        eras.condition_era_start_date,
        eras.condition_era_end_date
    from eras
    left join conditions
        on
            eras.person_id = conditions.person_id
            and eras.condition_concept_id = conditions.condition_concept_id
            and conditions.condition_start_date >= eras.condition_era_start_date
            and conditions.condition_start_date <= eras.condition_era_end_date
    group by
        eras.condition_era_id,
        eras.condition_occurrence_count,
        eras.condition_era_start_date,
        eras.condition_era_end_date
),

outside as (
    select conditions.condition_occurrence_id
    from conditions
    left join eras
        on
            conditions.person_id = eras.person_id
            and conditions.condition_concept_id = eras.condition_concept_id
            and conditions.condition_start_date >= eras.condition_era_start_date
            and conditions.condition_start_date <= eras.condition_era_end_date
    where conditions.condition_concept_id <> 0 and eras.condition_era_id is null
),

wrong as (
    select
        'era' as kind,
        condition_era_id as id
    from counted
    where
        condition_occurrence_count <> conditions_inside
        or condition_era_start_date <> first_start_date
        or condition_era_end_date <> last_end_date
    union all
    select
        'condition' as kind,
        condition_occurrence_id as id
    from outside
)

select * from wrong
