-- One row per person, condition and span of time without a gap of more than 30 days.
{{ config(materialized='incremental') }}
with

condition_occurrence as (
    select * from {{ ref('condition_occurrence') }}
    {{ of_changed_persons() }}
),

-- An open condition is known for a day.
intervals as (
    select
        person_id,
        condition_concept_id,
        condition_start_date as start_date,
        coalesce(condition_end_date, condition_start_date + 1) as end_date
    from condition_occurrence
    where condition_concept_id <> {{ concept('No matching concept') }}
),

reaching as (
    select
        person_id,
        condition_concept_id,
        start_date,
        end_date,
        max(end_date) over (
            partition by person_id, condition_concept_id
            order by start_date, end_date
            rows between unbounded preceding and 1 preceding
        ) as end_date_so_far
    from intervals
),

-- Range and not rows: the two windows may order rows of the same days differently, and such rows
-- must have one number.
numbered as (
    select
        person_id,
        condition_concept_id,
        start_date,
        end_date,
        sum(case when start_date <= end_date_so_far + 30 then 0 else 1 end) over (
            partition by person_id, condition_concept_id
            order by start_date, end_date
            range between unbounded preceding and current row
        ) as era_no
    from reaching
),

eras as (
    select
        person_id,
        condition_concept_id,
        min(start_date) as start_date,
        max(end_date) as end_date,
        count(*) as occurrences
    from numbered
    group by person_id, condition_concept_id, era_no
),

condition_era as (
    select
        {{ person_local_id('condition_concept_id, start_date') }} as condition_era_id,
        person_id,
        condition_concept_id,
        start_date as condition_era_start_date,
        end_date as condition_era_end_date,
        cast(occurrences as integer) as condition_occurrence_count
    from eras
)

select * from condition_era
