-- One row per rate that is ten times the median of its code, or a tenth of it.
{{ config(materialized='view') }}
with

facts as (
    select * from {{ ref('fact_rate') }}
),

-- Among a few rates none is the odd one.
medians as (
    select * from {{ ref('rates_by_code') }}
    where rates >= 10 and median_rate > 0
),

rate_outliers as (
    select
        facts.rate_id,
        facts.payer_slug,
        facts.state,
        facts.year_month,
        facts.code_type,
        facts.code,
        facts.billing_class,
        facts.setting,
        facts.rate_unit,
        facts.negotiated_rate,
        medians.median_rate,
        facts.negotiated_rate / medians.median_rate as times_the_median,
        facts.pg_uid,
        facts.file_set_id
    from facts
    inner join medians
        on
            facts.payer_slug = medians.payer_slug
            and facts.state = medians.state
            and facts.year_month = medians.year_month
            and facts.code_type = medians.code_type
            and facts.code = medians.code
            and facts.billing_class = medians.billing_class
            and facts.rate_unit = medians.rate_unit
            and coalesce(facts.setting, '') = coalesce(medians.setting, '')
    where
        facts.rate_flag is null
        and (
            facts.negotiated_rate >= 10 * medians.median_rate
            or facts.negotiated_rate <= medians.median_rate / 10
        )
)

select * from rate_outliers
