-- One, not before birth, and not backwards.
with

persons as (
    select * from {{ ref('person') }}
),

periods as (
    select * from {{ ref('observation_period') }}
),

counted as (
    select
        persons.person_id,
        count(periods.observation_period_id) as periods
    from persons
    left join periods on persons.person_id = periods.person_id
    group by persons.person_id
),

wrong as (
    select person_id
    from counted
    where periods <> 1
    union
    select persons.person_id
    from persons
    inner join periods on persons.person_id = periods.person_id
    where
        periods.observation_period_start_date < cast(persons.birth_datetime as date)
        or periods.observation_period_end_date < periods.observation_period_start_date
)

select * from wrong
