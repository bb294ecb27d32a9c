-- One row per inpatient stay.
{{ config(materialized='incremental') }}
with

encounters as (
    select * from {{ ref('int_visits__encounters') }}
    {{ of_changed_persons() }}
),

inpatient as (
    select
        person_id,
        visit_detail_id,
        encounter_id,
        started_at,
        start_date,
        end_date,
        max(end_date) over (
            partition by person_id
            order by visit_detail_id
            rows between unbounded preceding and 1 preceding
        ) as end_date_so_far
    from encounters
    where encounter_class = 'inpatient'
),

-- A transfer may leave a night between two encounters: up to one day apart they are one stay.
-- (visit_detail_id is in the order of start, stop and encounter id inside a person.)
numbered as (
    select
        person_id,
        visit_detail_id,
        encounter_id,
        started_at,
        start_date,
        end_date,
        sum(case when start_date <= end_date_so_far + 1 then 0 else 1 end) over (
            partition by person_id
            order by visit_detail_id
            rows between unbounded preceding and current row
        ) as stay_no
    from inpatient
),

anchored as (
    select
        person_id,
        stay_no,
        started_at,
        start_date,
        end_date,
        first_value(visit_detail_id) over (
            partition by person_id, stay_no order by started_at, encounter_id, visit_detail_id
        ) as anchor_visit_detail_id
    from numbered
),

inpatient_stays as (
    select
        person_id,
        cast(stay_no as integer) as stay_no,
        anchor_visit_detail_id,
        min(started_at) as admitted_at,
        min(start_date) as start_date,
        max(end_date) as end_date
    from anchored
    group by person_id, stay_no, anchor_visit_detail_id
),

-- An emergency encounter that touches a stay, or ends on the day before it, is how the person came
-- in.
emergency_in_stay as (
    select
        encounters.person_id,
        encounters.visit_detail_id,
        encounters.started_at,
        encounters.start_date,
        encounters.end_date,
        min(inpatient_stays.stay_no) as stay_no
    from encounters
    inner join inpatient_stays
        on
            encounters.person_id = inpatient_stays.person_id
            and encounters.start_date <= inpatient_stays.end_date
            and encounters.end_date >= inpatient_stays.start_date - 1
    where encounters.encounter_class = 'emergency'
    group by
        encounters.person_id,
        encounters.visit_detail_id,
        encounters.started_at,
        encounters.start_date,
        encounters.end_date
),

stays_merged as (
    select
        inpatient_stays.person_id,
        inpatient_stays.stay_no,
        inpatient_stays.anchor_visit_detail_id,
        inpatient_stays.start_date as inpatient_start_date,
        inpatient_stays.end_date as inpatient_end_date,
        least(inpatient_stays.start_date, min(emergency_in_stay.start_date)) as start_date,
        greatest(inpatient_stays.end_date, max(emergency_in_stay.end_date)) as end_date,
        coalesce(min(emergency_in_stay.started_at) <= inpatient_stays.admitted_at, false)
            as is_through_emergency
    from inpatient_stays
    left join emergency_in_stay
        on
            inpatient_stays.person_id = emergency_in_stay.person_id
            and inpatient_stays.stay_no = emergency_in_stay.stay_no
    group by
        inpatient_stays.person_id,
        inpatient_stays.stay_no,
        inpatient_stays.anchor_visit_detail_id,
        inpatient_stays.admitted_at,
        inpatient_stays.start_date,
        inpatient_stays.end_date
)

select * from stays_merged
