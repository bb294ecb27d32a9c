-- How long do inpatient stays last?
-- One row per kind of inpatient visit.
with

visits as (
    select * from {{ ref('visit_occurrence') }}
),

concepts as (
    select * from {{ ref('concept') }}
),

stays as (
    select
        concepts.concept_name as kind_of_visit,
        {{ days_between('visits.visit_start_date', 'visits.visit_end_date') }} as nights
    from visits
    inner join concepts on visits.visit_concept_id = concepts.concept_id
    where
        visits.visit_concept_id in (
            {{ concept('Inpatient Visit') }},
            {{ concept('Emergency Room and Inpatient Visit') }}
        )
)

select
    kind_of_visit,
    count(*) as stays,
    cast(avg(nights) as {{ sql_type('double precision') }}) as mean_nights,
    percentile_cont(0.5) within group (order by nights) as median_nights,
    max(nights) as longest_nights
from stays
group by kind_of_visit
order by stays desc, kind_of_visit
