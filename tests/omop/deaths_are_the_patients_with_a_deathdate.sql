-- On that day and once, whether certified or not.
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

counted as (
    select
        person_id,
        death_date,
        count(*) as times
    from deaths
    group by person_id, death_date
),

unmatched as (
    select
        deceased.patient_id,
        deceased.death_date as patient_death_date,
        counted.person_id,
        counted.death_date,
        counted.times
    from deceased
    full outer join counted
        on
            deceased.person_id = counted.person_id
            and deceased.death_date = counted.death_date
    where
        deceased.person_id is null
        or counted.person_id is null
        or counted.times > 1
)

select * from unmatched
