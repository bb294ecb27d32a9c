-- One row per encounter, procedure, immunization or medication row of the source: what it cost.
{{ config(materialized='incremental', meta={'person_expression': '(cost_id >> 20)'}) }}
with

priced_rows as (
    select * from {{ ref('int_costs__priced_rows') }}
    {{ of_changed_persons() }}
),

items as (
    select * from {{ ref('int_costs__claim_items') }}
    {{ of_changed_persons() }}
),

periods as (
    select * from {{ ref('int_costs__coverage_periods') }}
    {{ of_changed_persons() }}
),

-- Equal rows of one encounter are paired with equal items by price, so that each amount is used
-- once.
numbered_rows as (
    select
        person_id,
        item_kind,
        file_rank,
        cost_event_id,
        cost_domain_id,
        encounter_id,
        item_code,
        started_at,
        price,
        payer_coverage,
        payer_id,
        row_number() over (
            partition by person_id, item_kind, encounter_id, item_code, started_at
            order by price nulls last, file_rank, cost_domain_id {{ bytewise() }}, cost_event_id
        ) as pair_no
    from priced_rows
),

numbered_items as (
    select
        person_id,
        item_kind,
        encounter_id,
        item_code,
        item_started_at,
        charged,
        paid_by_primary,
        paid_by_payer,
        paid_copay,
        paid_by_patient,
        paid,
        row_number() over (
            partition by person_id, item_kind, encounter_id, item_code, item_started_at
            order by charged nulls last, item_charge_id
        ) as pair_no
    from items
),

-- Without transactions the payer's share of the source row is all that is known; for an encounter
-- it covers the whole claim.
cost as (
    select
        {{ person_local_id(
            'numbered_rows.file_rank, numbered_rows.cost_domain_id ' ~ bytewise() ~ ',
            numbered_rows.cost_event_id, numbered_rows.started_at, numbered_rows.encounter_id nulls last,
            numbered_rows.item_code ' ~ bytewise() ~ ' nulls last, numbered_rows.pair_no',
            person='numbered_rows.person_id'
        ) }} as cost_id,
        numbered_rows.cost_event_id,
        cast(numbered_rows.cost_domain_id as varchar(20)) as cost_domain_id,
        {{ concept('Cost record') }} as cost_type_concept_id,
        {{ concept('United States dollar') }} as currency_concept_id,
        cast(numbered_items.charged as numeric(18, 2)) as total_charge,
        cast(numbered_rows.price as numeric(18, 2)) as total_cost,
        cast(numbered_items.paid as numeric(18, 2)) as total_paid,
        cast(
            case
                when numbered_items.person_id is not null then numbered_items.paid_by_payer
                else numbered_rows.payer_coverage
            end as numeric(18, 2)
        ) as paid_by_payer,
        cast(numbered_items.paid_by_patient as numeric(18, 2)) as paid_by_patient,
        cast(numbered_items.paid_copay as numeric(18, 2)) as paid_patient_copay,
        cast(null as numeric(18, 2)) as paid_patient_coinsurance,
        cast(null as numeric(18, 2)) as paid_patient_deductible,
        cast(
            case
                when numbered_items.person_id is not null then numbered_items.paid_by_primary
                else numbered_rows.payer_coverage
            end as numeric(18, 2)
        ) as paid_by_primary,
        cast(null as numeric(18, 2)) as paid_ingredient_cost,
        cast(null as numeric(18, 2)) as paid_dispensing_fee,
        periods.payer_plan_period_id,
        cast(null as numeric(18, 2)) as amount_allowed,
        cast(null as integer) as revenue_code_concept_id,
        cast(null as varchar(50)) as revenue_code_source_value,
        cast(null as integer) as drg_concept_id,
        cast(null as varchar(3)) as drg_source_value
    from numbered_rows
    left join numbered_items
        on
            numbered_rows.person_id = numbered_items.person_id
            and numbered_rows.item_kind = numbered_items.item_kind
            and numbered_rows.encounter_id = numbered_items.encounter_id
            and numbered_rows.item_code = numbered_items.item_code
            and numbered_rows.started_at = numbered_items.item_started_at
            and numbered_rows.pair_no = numbered_items.pair_no
    left join periods
        on
            numbered_rows.person_id = periods.person_id
            and numbered_rows.payer_id = periods.payer_id
            and cast(numbered_rows.started_at as date) >= periods.start_date
            and cast(numbered_rows.started_at as date) <= periods.end_date
)

select * from cost
