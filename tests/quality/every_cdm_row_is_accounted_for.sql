-- Each table of the CDM has the rows that the files brought it, counted once or as further rows. A
-- transaction is no cost row but a part of one.
{%- set tables = [
    'person', 'death', 'visit_detail', 'visit_occurrence', 'condition_occurrence', 'drug_exposure',
    'procedure_occurrence', 'device_exposure', 'measurement', 'observation', 'specimen', 'fact_relationship', 'cost',
    'payer_plan_period', 'care_site', 'provider',
] %}
with

row_accounting as (
    select * from {{ ref('row_accounting') }}
),

{%- for table in tables %}

    {{ table }}_rows as (
        select * from {{ ref(table) }}
    ),
{%- endfor %}

published as (
    {%- for table in tables %}
        select
            '{{ table }}' as cdm_table,
            count(*) as cdm_rows
        from {{ table }}_rows
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
),

accounted as (
    select
        outcome as cdm_table,
        sum(
            case when file_name = 'claims_transactions.csv' then 0 else source_rows end
            + further_rows
        ) as accounted_rows
    from row_accounting
    where kind = 'CDM table'
    group by outcome
),

different as (
    select
        coalesce(published.cdm_table, accounted.cdm_table) as cdm_table,
        published.cdm_rows,
        accounted.accounted_rows
    from published
    full outer join accounted on published.cdm_table = accounted.cdm_table
    where coalesce(published.cdm_rows, 0) <> coalesce(accounted.accounted_rows, 0)
)

select * from different
