-- Two inpatient stays of a person share no more than the day on which one ends and the other
-- begins.
with

visits as (
    select * from {{ ref('visit_occurrence') }}
),

stays as (
    select
        person_id,
        visit_occurrence_id,
        visit_start_date,
        visit_end_date,
        max(visit_end_date) over (
            partition by person_id
            order by visit_start_date, visit_end_date, visit_occurrence_id
            rows between unbounded preceding and 1 preceding
        ) as end_date_so_far
    from visits
    where
        visit_concept_id in (
            {{ concept('Inpatient Visit') }}, {{ concept('Emergency Room and Inpatient Visit') }}
        )
),

overlapping as (
    select * from stays
    where visit_start_date < end_date_so_far
)

select * from overlapping
