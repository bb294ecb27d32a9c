-- One row per item of a claim: a charge and what was paid for it.
{{ config(materialized='incremental', incremental_strategy='replace_persons', on_schema_change='fail') }}
with

source_transactions as (
    select * from {{ ref('stg_synthea__claims_transactions') }}
    {{ of_changed_persons('patient_id') }}
),

patients as (
    select * from {{ ref('int_people__patients') }}
    {{ of_changed_persons() }}
),

encounters as (
    select * from {{ ref('int_visits__encounters') }}
    {{ of_changed_persons() }}
),

transactions as (
    select
        patient_id,
        encounter_id,
        claim_id,
        charge_id,
        transaction_type,
        payment_method,
        item_code,
        item_started_at,
        amount,
        payments
    from source_transactions
    where transaction_type in ('CHARGE', 'PAYMENT') or (transaction_type = 'TRANSFERIN' and transfer_type = '2')
),

-- CHARGEID counts the rows of a run and is no charge's id: what belongs to a charge are the rows after it, up to the
-- next charge of the claim. A payment after a transfer to the second payer is that payer's.
placed as (
    select
        patient_id,
        encounter_id,
        claim_id,
        charge_id,
        transaction_type,
        payment_method,
        item_code,
        item_started_at,
        amount,
        payments,
        max(case when transaction_type = 'CHARGE' then charge_id end) over (
            partition by claim_id
            order by charge_id
            rows between unbounded preceding and current row
        ) as item_charge_id,
        max(case when transaction_type = 'TRANSFERIN' then charge_id end) over (
            partition by claim_id
            order by charge_id
            rows between unbounded preceding and current row
        ) as last_transfer_id,
        min(case when transaction_type = 'CHARGE' then charge_id end) over (
            partition by claim_id
            order by charge_id
            rows between unbounded preceding and current row
        ) as first_charge_id
    from transactions
),

items as (
    select
        patient_id,
        claim_id,
        item_charge_id,
        min(first_charge_id) = item_charge_id as is_first,
        max(case when transaction_type = 'CHARGE' then cast(encounter_id as text) end) as encounter_text,
        max(case when transaction_type = 'CHARGE' then item_code end) as item_code,
        max(case when transaction_type = 'CHARGE' then item_started_at end) as item_started_at,
        sum(case when transaction_type = 'CHARGE' then amount end) as charged,
        sum(
            case
                when payment_method = 'ECHECK' and coalesce(last_transfer_id, -1) < item_charge_id then payments
                else 0
            end
        ) as paid_by_primary,
        sum(case when payment_method = 'ECHECK' then payments else 0 end) as paid_by_payer,
        sum(case when payment_method = 'COPAY' then payments else 0 end) as paid_copay,
        sum(case when payment_method in ('COPAY', 'CASH', 'CHECK', 'CC') then payments else 0 end) as paid_by_patient,
        sum(case when transaction_type = 'PAYMENT' then payments else 0 end) as paid
    from placed
    where item_charge_id is not null
    group by patient_id, claim_id, item_charge_id
),

-- An encounter's claim opens with the encounter's own code; any other claim is a medication's, of one item.
claim_items as (
    select
        patients.person_id,
        items.claim_id,
        items.item_charge_id,
        cast(items.encounter_text as uuid) as encounter_id,
        items.item_code,
        items.item_started_at,
        case
            when not items.is_first then 'other'
            when items.item_code = encounters.encounter_code then 'encounter'
            else 'medication'
        end as item_kind,
        cast(items.charged as numeric(18, 2)) as charged,
        cast(items.paid_by_primary as numeric(18, 2)) as paid_by_primary,
        cast(items.paid_by_payer as numeric(18, 2)) as paid_by_payer,
        cast(items.paid_copay as numeric(18, 2)) as paid_copay,
        cast(items.paid_by_patient as numeric(18, 2)) as paid_by_patient,
        cast(items.paid as numeric(18, 2)) as paid
    from items
    inner join patients on items.patient_id = patients.patient_id
    left join encounters
        on
            patients.person_id = encounters.person_id
            and cast(items.encounter_text as uuid) = encounters.encounter_id
            and encounters.encounter_no = 1
)

select * from claim_items
