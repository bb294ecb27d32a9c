-- What are the most common conditions?
-- One row per condition.
with

conditions as (
    select * from {{ ref('condition_occurrence') }}
),

persons as (
    select * from {{ ref('person') }}
),

concepts as (
    select * from {{ ref('concept') }}
),

everybody as (
    select count(*) as persons from persons
),

by_condition as (
    select
        condition_concept_id,
        count(distinct person_id) as persons,
        count(*) as occurrences,
        min(condition_start_date) as first_on,
        max(condition_start_date) as last_on
    from conditions
    where condition_concept_id <> 0
    group by condition_concept_id
)

select
    concepts.concept_name as condition,
    by_condition.persons,
    cast(by_condition.persons as {{ sql_type('double precision') }})
    / everybody.persons as share_of_persons,
    by_condition.occurrences,
    by_condition.first_on,
    by_condition.last_on
from by_condition
inner join concepts on by_condition.condition_concept_id = concepts.concept_id
cross join everybody
order by by_condition.persons desc, by_condition.occurrences desc, condition
