-- How many inpatient stays are followed by another within 30 days?
-- One row per year of discharge.
{%- set days = days_between('visit_end_date', 'next_start_date') %}
with

visits as (
    select * from {{ ref('visit_occurrence') }}
),

deaths as (
    select * from {{ ref('death') }}
),

observed as (
    select * from {{ ref('observation_period') }}
),

data_end as (
    select max(observation_period_end_date) as ended_on from observed
),

stays as (
    select
        person_id,
        visit_start_date,
        visit_end_date,
        lead(visit_start_date) over (
            partition by person_id order by visit_start_date, visit_occurrence_id
        ) as next_start_date
    from visits
    where
        visit_concept_id in (
            {{ concept('Inpatient Visit') }},
            {{ concept('Emergency Room and Inpatient Visit') }}
        )
),

-- Who dies in the stay cannot come back, and of the last month it is not known who will.
discharges as (
    select stays.*
    from stays
    cross join data_end
    left join deaths on stays.person_id = deaths.person_id
    where
        (deaths.death_date is null or deaths.death_date > stays.visit_end_date)
        and {{ days_between('stays.visit_end_date', 'data_end.ended_on') }} >= 30
)

select
    cast(extract(year from visit_end_date) as integer) as discharged_in,
    count(*) as discharges,
    count(case when {{ days }} <= 30 then 1 end) as followed_within_30_days,
    cast(count(case when {{ days }} <= 30 then 1 end) as {{ sql_type('double precision') }})
    / count(*) as share_followed
from discharges
group by discharged_in
order by discharged_in
