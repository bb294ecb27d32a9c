-- One row per payer, state, month, code, billing class, setting and unit of its rates.
{{ config(materialized='view') }}
{%- set key = 'payer_slug, state, year_month, code_type, code, billing_class, setting, rate_unit' %}
with

facts as (
    select * from {{ ref('fact_rate') }}
),

rates_by_code as (
    select
        {{ key }},
        count(*) as rates,
        count(distinct pg_uid) as provider_groups,
        min(negotiated_rate) as lowest_rate,
        percentile_cont(0.25) within group (order by negotiated_rate) as first_quartile,
        percentile_cont(0.5) within group (order by negotiated_rate) as median_rate,
        percentile_cont(0.75) within group (order by negotiated_rate) as third_quartile,
        max(negotiated_rate) as highest_rate
    from facts
    where rate_flag is null
    group by {{ key }}
)

select * from rates_by_code
