-- How many visits does a person have a year?
-- One row per kind of visit.
with

visits as (
    select * from {{ ref('visit_occurrence') }}
),

observed as (
    select * from {{ ref('observation_period') }}
),

concepts as (
    select * from {{ ref('concept') }}
),

person_years as (
    select
        sum({{ days_between('observation_period_start_date', 'observation_period_end_date') }} + 1)
        / cast(365.25 as {{ sql_type('double precision') }}) as person_years
    from observed
),

by_kind as (
    select
        visit_concept_id,
        count(*) as visits,
        count(distinct person_id) as persons
    from visits
    group by visit_concept_id
)

select
    concepts.concept_name as kind_of_visit,
    by_kind.visits,
    by_kind.persons,
    person_years.person_years,
    by_kind.visits / person_years.person_years as visits_per_person_year
from by_kind
inner join concepts on by_kind.visit_concept_id = concepts.concept_id
cross join person_years
order by by_kind.visits desc, kind_of_visit
