-- A stay is an emergency room and inpatient visit if an emergency encounter of it starts no later
-- than its first inpatient encounter, and an inpatient visit if none does.
with

visits as (
    select * from {{ ref('visit_occurrence') }}
),

details as (
    select * from {{ ref('visit_detail') }}
),

encounters as (
    select * from {{ ref('int_visits__encounters') }}
),

stays as (
    select
        details.visit_occurrence_id,
        min(
            case when encounters.encounter_class = 'inpatient' then encounters.started_at end
        ) as admitted_at,
        min(
            case when encounters.encounter_class = 'emergency' then encounters.started_at end
        ) as emergency_at
    from details
    inner join encounters on details.visit_detail_id = encounters.visit_detail_id
    group by details.visit_occurrence_id
),

expected as (
    select
        visit_occurrence_id,
        case
            when emergency_at <= admitted_at
                then {{ concept('Emergency Room and Inpatient Visit') }}
            else {{ concept('Inpatient Visit') }}
        end as visit_concept_id
    from stays
    where admitted_at is not null
),

different as (
    select
        visits.visit_occurrence_id,
        visits.visit_concept_id,
        expected.visit_concept_id as expected_concept_id
    from visits
    left join expected on visits.visit_occurrence_id = expected.visit_occurrence_id
    where
        visits.visit_concept_id <> expected.visit_concept_id
        or (
            expected.visit_concept_id is null
            and visits.visit_concept_id in (
                {{ concept('Inpatient Visit') }},
                {{ concept('Emergency Room and Inpatient Visit') }}
            )
        )
)

select * from different
