-- How prevalent are conditions, by age and sex?
-- One row per condition, sex and age band of ten years.
with

persons as (
    select * from {{ ref('person') }}
),

periods as (
    select * from {{ ref('observation_period') }}
),

conditions as (
    select * from {{ ref('condition_occurrence') }}
),

concepts as (
    select * from {{ ref('concept') }}
),

sexes as (
    select * from {{ ref('concept') }}
),

-- The age is that on the last day on record, in completed years.
aged as (
    select
        persons.person_id,
        persons.gender_concept_id,
        cast(
            extract(year from periods.observation_period_end_date) - persons.year_of_birth
            - case
                when
                    100 * extract(month from periods.observation_period_end_date)
                    + extract(day from periods.observation_period_end_date)
                    < 100 * persons.month_of_birth + persons.day_of_birth
                    then 1
                else 0
            end as integer
        ) as age
    from persons
    inner join periods on persons.person_id = periods.person_id
),

banded as (
    select
        person_id,
        gender_concept_id,
        age - age % 10 as age_from
    from aged
),

groups as (
    select
        gender_concept_id,
        age_from,
        count(*) as persons
    from banded
    group by gender_concept_id, age_from
),

cases as (
    select
        conditions.condition_concept_id,
        banded.gender_concept_id,
        banded.age_from,
        count(distinct conditions.person_id) as persons_with_it
    from conditions
    inner join banded on conditions.person_id = banded.person_id
    where conditions.condition_concept_id <> 0
    group by conditions.condition_concept_id, banded.gender_concept_id, banded.age_from
)

select
    concepts.concept_name as condition,
    lower(sexes.concept_name) as sex,
    cases.age_from,
    groups.persons,
    cases.persons_with_it,
    cast(cases.persons_with_it as {{ sql_type('double precision') }}) / groups.persons as prevalence
from cases
inner join groups
    on
        cases.gender_concept_id = groups.gender_concept_id
        and cases.age_from = groups.age_from
inner join concepts on cases.condition_concept_id = concepts.concept_id
inner join sexes on cases.gender_concept_id = sexes.concept_id
order by condition, sex, cases.age_from
