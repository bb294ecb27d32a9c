-- On that day, whether certified or not.
with

patients as (
    select * from {{ ref('int_people__patients') }}
),

deaths as (
    select * from {{ ref('death') }}
),

deceased as (
    select * from patients where death_date is not null
),

unmatched as (
    select
        deceased.patient_id,
        deceased.death_date as patient_death_date,
        deaths.person_id,
        deaths.death_date
    from deceased
    full outer join deaths
        on
            deceased.person_id = deaths.person_id
            and deceased.death_date = deaths.death_date
    where deceased.person_id is null or deaths.person_id is null
)

select * from unmatched
