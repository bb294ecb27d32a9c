-- Synthea has encounters of decades; such a stay takes in whatever starts inside it.
{{ config(severity='warn') }}
with

visits as (
    select * from {{ ref('visit_occurrence') }}
),

long as (
    select
        visit_occurrence_id,
        visit_concept_id,
        visit_start_date,
        visit_end_date
    from visits
    where {{ days_between('visit_start_date', 'visit_end_date') }} > 365
)

select * from long
