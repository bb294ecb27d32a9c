-- The dates of a visit are those of its first and its last encounter.
with

visits as (
    select * from {{ ref('visit_occurrence') }}
),

details as (
    select * from {{ ref('visit_detail') }}
),

spans as (
    select
        visit_occurrence_id,
        min(visit_detail_start_datetime) as started_at,
        max(visit_detail_end_datetime) as stopped_at
    from details
    group by visit_occurrence_id
),

different as (
    select
        visits.visit_occurrence_id,
        visits.visit_start_datetime,
        visits.visit_end_datetime,
        spans.started_at,
        spans.stopped_at
    from visits
    left join spans on visits.visit_occurrence_id = spans.visit_occurrence_id
    where
        spans.visit_occurrence_id is null
        or visits.visit_start_datetime <> spans.started_at
        or visits.visit_end_datetime <> spans.stopped_at
)

select * from different
