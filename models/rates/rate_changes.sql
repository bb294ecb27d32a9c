-- One row per payer, state, month but the first, provider group and price of it or the one before.
{{ config(materialized='view') }}
{%- set price = [
    'payer_slug', 'state', 'group_key', 'code_type', 'code', 'billing_class', 'setting', 'modifiers',
    'pos_set_id', 'negotiated_type', 'negotiation_arrangement', 'severity_of_illness', 'network_id',
] %}
{%- set optional = ['setting', 'modifiers', 'severity_of_illness', 'network_id'] %}
with

facts as (
    select * from {{ ref('fact_rate') }}
),

groups as (
    select * from {{ ref('dim_provider_group') }}
),

month_facts as (
    select distinct
        payer_slug,
        state,
        year_month
    from {{ ref('fact_rate') }}
    where year_month <> ''
),

months as (
    select
        payer_slug,
        state,
        year_month,
        lag(year_month) over (partition by payer_slug, state order by year_month) as month_before,
        lead(year_month) over (partition by payer_slug, state order by year_month) as month_after
    from month_facts
),

-- A group is known by its members, as payers number groups anew; one without members by its id.
prices as (
    select
        facts.payer_slug,
        facts.state,
        facts.year_month,
        coalesce(groups.members_key, groups.provider_group_id_raw) as group_key,
        {%- for column in price[3:] %}
            {%- if column in optional %}
                coalesce(facts.{{ column }}, '') as {{ column }},
            {%- else %}
                facts.{{ column }},
            {%- endif %}
        {%- endfor %}
        min(facts.negotiated_rate) as lowest_rate,
        max(facts.negotiated_rate) as highest_rate,
        count(distinct facts.negotiated_rate) as rates
    from facts
    inner join groups
        on
            facts.file_set_id = groups.file_set_id
            and facts.pg_uid = groups.pg_uid
    group by
        facts.year_month,
        {%- for column in price if column != 'group_key' %}
            facts.{{ column }},
        {%- endfor %}
        coalesce(groups.members_key, groups.provider_group_id_raw)
),

-- A month's prices stand once for their own month and once, as those before, for the next one.
compared as (
    {%- for is_current, compared_month, other in [
        ('true', 'year_month', 'month_before'), ('false', 'month_after', 'month_after'),
    ] %}
        select
            prices.*,
            months.{{ compared_month }} as compared_month,
            {{ is_current }} as is_current
        from prices
        inner join months
            on
                prices.payer_slug = months.payer_slug
                and prices.state = months.state
                and prices.year_month = months.year_month
        where months.{{ other }} is not null
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

paired as (
    select
        {{ price | join(', ') }},
        compared_month,
        min(case when not is_current then lowest_rate end) as lowest_rate_before,
        max(case when not is_current then highest_rate end) as highest_rate_before,
        max(case when not is_current then rates end) as rates_before,
        min(case when is_current then lowest_rate end) as lowest_rate,
        max(case when is_current then highest_rate end) as highest_rate,
        max(case when is_current then rates end) as rates
    from compared
    group by {{ price | join(', ') }}, compared_month
),

rate_changes as (
    select
        {{ price | join(', ') }},
        compared_month as year_month,
        cast(
            case
                when rates_before is null then 'new'
                when rates is null then 'dropped'
                when
                    rates = rates_before
                    and lowest_rate = lowest_rate_before
                    and highest_rate = highest_rate_before
                    then 'unchanged'
                else 'changed'
            end as {{ sql_type('text') }}
        ) as change,
        lowest_rate_before,
        highest_rate_before,
        lowest_rate,
        highest_rate
    from paired
)

select * from rate_changes
