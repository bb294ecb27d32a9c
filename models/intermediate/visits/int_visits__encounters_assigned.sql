-- One row per encounter with the visit it belongs to.
{{ config(materialized='incremental') }}
with

encounters as (
    select * from {{ ref('int_visits__encounters') }}
    {{ of_changed_persons() }}
),

stays as (
    select * from {{ ref('int_visits__stays_merged') }}
    {{ of_changed_persons() }}
),

-- An inpatient encounter belongs to the stay that its dates built, an emergency encounter to the
-- one it touches, and any other encounter of a single day to the one it lies in. Of several stays
-- it is the first.
touching as (
    select
        encounters.person_id,
        encounters.visit_detail_id,
        stays.stay_no,
        case encounters.encounter_class
            when 'inpatient'
                then
                    encounters.start_date >= stays.inpatient_start_date
                    and encounters.end_date <= stays.inpatient_end_date
            when 'emergency'
                then
                    encounters.start_date <= stays.inpatient_end_date
                    and encounters.end_date >= stays.inpatient_start_date - 1
            else false
        end as is_member,
        coalesce(encounters.encounter_class, '') <> 'inpatient'
        and encounters.start_date = encounters.end_date
        and encounters.start_date >= stays.start_date as lies_inside
    from encounters
    inner join stays
        on
            encounters.person_id = stays.person_id
            and encounters.start_date <= stays.end_date
            and encounters.end_date >= stays.start_date - 1
),

in_stay as (
    select
        person_id,
        visit_detail_id,
        coalesce(min(case when is_member then stay_no end), min(stay_no)) as stay_no
    from touching
    where is_member or lies_inside
    group by person_id, visit_detail_id
),

anchored as (
    select
        encounters.person_id,
        encounters.encounter_id,
        encounters.encounter_no,
        encounters.visit_detail_id,
        encounters.started_at,
        encounters.stopped_at,
        encounters.claimed_until,
        encounters.encounter_class,
        encounters.provider_id,
        encounters.care_site_id,
        coalesce(stays.anchor_visit_detail_id, encounters.visit_detail_id)
            as anchor_visit_detail_id,
        case
            when stays.is_through_emergency then {{ concept('Emergency Room and Inpatient Visit') }}
            when stays.stay_no is not null then {{ concept('Inpatient Visit') }}
            else encounters.visit_concept_id
        end as visit_concept_id,
        min(encounters.started_at) over visit as visit_started_at,
        max(encounters.stopped_at) over visit as visit_stopped_at
    from encounters
    left join in_stay
        on
            encounters.person_id = in_stay.person_id
            and encounters.visit_detail_id = in_stay.visit_detail_id
    left join stays
        on
            in_stay.person_id = stays.person_id
            and in_stay.stay_no = stays.stay_no
    window visit as (
        partition by
            encounters.person_id,
            coalesce(stays.anchor_visit_detail_id, encounters.visit_detail_id)
    )
),

encounters_assigned as (
    select
        person_id,
        encounter_id,
        encounter_no,
        visit_detail_id,
        anchor_visit_detail_id,
        cast(
            person_id * 1048576 + dense_rank() over (
                partition by person_id
                order by visit_started_at, visit_stopped_at, anchor_visit_detail_id
            ) as bigint
        ) as visit_occurrence_id,
        visit_concept_id,
        encounter_class,
        provider_id,
        care_site_id,
        started_at,
        stopped_at,
        claimed_until,
        visit_started_at,
        visit_stopped_at
    from anchored
)

select * from encounters_assigned
