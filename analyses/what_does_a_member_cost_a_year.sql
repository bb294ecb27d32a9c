-- What does a member cost a payer a year?
-- One row per payer and calendar year.
{%- set tables = {
    'Visit': ['visit_occurrence', 'visit_start_date'],
    'Drug': ['drug_exposure', 'drug_exposure_start_date'],
    'Procedure': ['procedure_occurrence', 'procedure_date'],
    'Measurement': ['measurement', 'measurement_date'],
    'Observation': ['observation', 'observation_date'],
    'Device': ['device_exposure', 'device_exposure_start_date'],
} %}
with

periods as (
    select * from {{ ref('payer_plan_period') }}
),

costs as (
    select * from {{ ref('cost') }}
),

observed as (
    select * from {{ ref('observation_period') }}
),
{%- for domain, (table, date) in tables.items() %}

    {{ table }}_rows as (
        select * from {{ ref(table) }}
    ),
{%- endfor %}

priced as (
    {%- for domain, (table, date) in tables.items() %}
        select
            '{{ domain }}' as domain_id,
            {{ table }}_id as event_id,
            {{ date }} as priced_on
        from {{ table }}_rows
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

paid as (
    select
        periods.payer_source_value as payer,
        cast(extract(year from priced.priced_on) as integer) as calendar_year,
        sum(costs.total_cost) as total_cost,
        sum(costs.paid_by_payer) as paid_by_payer
    from costs
    inner join priced
        on costs.cost_domain_id = priced.domain_id and costs.cost_event_id = priced.event_id
    inner join periods on costs.payer_plan_period_id = periods.payer_plan_period_id
    group by payer, calendar_year
),

data_end as (
    select max(observation_period_end_date) as ended_on from observed
),

-- A plan's year may go on beyond the data: nothing can be paid there.
insured as (
    select
        periods.person_id,
        periods.payer_source_value as payer,
        periods.payer_plan_period_start_date as started_on,
        least(periods.payer_plan_period_end_date, data_end.ended_on) as ended_on
    from periods
    cross join data_end
),

later (years) as (
    values
    {%- for years in range(150) %}
        ({{ years }}){{ ',' if not loop.last }}
    {%- endfor %}
),

insured_years as (
    select
        cast(min(extract(year from started_on)) as integer) as first_year,
        cast(max(extract(year from ended_on)) as integer) as last_year
    from insured
),

calendar as (
    select
        insured_years.first_year + later.years as calendar_year,
        cast(
            cast(insured_years.first_year + later.years as {{ sql_type('text') }})
            || '-01-01' as date
        ) as first_day,
        cast(
            cast(insured_years.first_year + later.years as {{ sql_type('text') }})
            || '-12-31' as date
        ) as last_day
    from insured_years
    inner join later on insured_years.first_year + later.years <= insured_years.last_year
),

members as (
    select
        insured.payer,
        calendar.calendar_year,
        count(distinct insured.person_id) as members,
        sum(
            {{ days_between(
                'greatest(insured.started_on, calendar.first_day)',
                'least(insured.ended_on, calendar.last_day)'
            ) }} + 1
        ) / cast(365.25 as {{ sql_type('double precision') }}) as member_years
    from insured
    inner join calendar
        on insured.started_on <= calendar.last_day and insured.ended_on >= calendar.first_day
    group by insured.payer, calendar.calendar_year
)

select
    members.payer,
    members.calendar_year,
    members.members,
    members.member_years,
    coalesce(paid.total_cost, 0) as total_cost,
    coalesce(paid.paid_by_payer, 0) as paid_by_payer,
    coalesce(paid.paid_by_payer, 0) / members.member_years as paid_per_member_year
from members
left join paid
    on members.payer = paid.payer and members.calendar_year = paid.calendar_year
order by members.payer, members.calendar_year
