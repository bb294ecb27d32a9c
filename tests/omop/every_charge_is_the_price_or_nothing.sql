-- A charge is the price of its source row, or 0.00 where it was not billed: so rows and charges are
-- paired rightly. Medications are left out: their claim bills one dispense of several.
{{ config(severity='warn') }}
with

costs as (
    select * from {{ ref('cost') }}
),

events as (
    select * from {{ ref('int_events__mapped') }}
),

prescriptions as (
    select event_id from events
    where source_file = 'medications' and cdm_table = 'drug_exposure'
),

different as (
    select
        costs.cost_id,
        costs.total_cost,
        costs.total_charge
    from costs
    left join prescriptions
        on
            costs.cost_event_id = prescriptions.event_id
            and costs.cost_domain_id = 'Drug'
    where
        prescriptions.event_id is null
        and costs.total_charge <> 0
        and costs.total_charge <> costs.total_cost
)

select * from different
