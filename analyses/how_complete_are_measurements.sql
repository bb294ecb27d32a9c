-- How complete are measurements?
-- One row per measurement and unit.
with

measurements as (
    select * from {{ ref('measurement') }}
),

concepts as (
    select * from {{ ref('concept') }}
),

units as (
    select * from {{ ref('concept') }}
)

select
    concepts.concept_name as measurement,
    units.concept_name as unit,
    count(*) as measurements,
    count(distinct measurements.person_id) as persons,
    cast(count(measurements.value_as_number) as {{ sql_type('double precision') }})
    / count(*) as share_with_number,
    cast(count(measurements.value_as_concept_id) as {{ sql_type('double precision') }}) / count(*)
        as share_with_concept,
    cast(count(measurements.visit_occurrence_id) as {{ sql_type('double precision') }})
    / count(*) as share_in_visit,
    min(measurements.value_as_number) as smallest,
    max(measurements.value_as_number) as largest
from measurements
inner join concepts on measurements.measurement_concept_id = concepts.concept_id
left join units on measurements.unit_concept_id = units.concept_id
group by concepts.concept_name, units.concept_name
order by measurements desc, measurement, unit nulls last
