-- One row per item of a claim: a charge and what was paid for it.
{{ config(materialized='incremental') }}
with

transactions as (
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

-- CHARGEID counts the rows of a run and is no charge's id: what belongs to a charge are the rows
-- after it, up to the next charge of the claim. A payment after a transfer to the second payer is
-- that payer's.
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
        max(case when transaction_type = 'CHARGE' then charge_id end) over so_far as item_charge_id,
        max(case when transaction_type = 'TRANSFERIN' then charge_id end) over so_far as moved_id,
        min(case when transaction_type = 'CHARGE' then charge_id end) over so_far as first_charge_id
    from transactions
    where
        transaction_type in ('CHARGE', 'PAYMENT', 'ADJUSTMENT')
        or (transaction_type = 'TRANSFERIN' and transfer_type = '2')
    window so_far as (
        partition by claim_id
        order by charge_id
        rows between unbounded preceding and current row
    )
),

charges as (
    select
        patient_id,
        encounter_id,
        claim_id,
        charge_id,
        item_code,
        item_started_at,
        amount,
        charge_id = first_charge_id as is_first
    from placed
    where transaction_type = 'CHARGE'
),

items as (
    select
        claim_id,
        item_charge_id,
        sum(case when transaction_type <> 'TRANSFERIN' then 1 else 0 end) as transaction_rows,
        sum(
            case
                when payment_method = 'ECHECK' and coalesce(moved_id, -1) < item_charge_id
                    then payments
                else 0
            end
        ) as paid_by_primary,
        sum(case when payment_method = 'ECHECK' then payments else 0 end) as paid_by_payer,
        sum(case when payment_method = 'COPAY' then payments else 0 end) as paid_copay,
        sum(
            case when payment_method in ('COPAY', 'CASH', 'CHECK', 'CC') then payments else 0 end
        ) as paid_by_patient,
        sum(case when transaction_type = 'PAYMENT' then payments else 0 end) as paid
    from placed
    where item_charge_id is not null
    group by claim_id, item_charge_id
),

-- An encounter's claim opens with the encounter's own code; any other is a medication's one item.
claim_items as (
    select
        patients.person_id,
        charges.claim_id,
        charges.charge_id as item_charge_id,
        charges.encounter_id,
        charges.item_code,
        charges.item_started_at,
        case
            when not charges.is_first then 'other'
            when charges.item_code = encounters.encounter_code then 'encounter'
            else 'medication'
        end as item_kind,
        cast(coalesce(items.transaction_rows, 1) as bigint) as transaction_rows,
        charges.amount as charged,
        cast(coalesce(items.paid_by_primary, 0) as numeric(18, 2)) as paid_by_primary,
        cast(coalesce(items.paid_by_payer, 0) as numeric(18, 2)) as paid_by_payer,
        cast(coalesce(items.paid_copay, 0) as numeric(18, 2)) as paid_copay,
        cast(coalesce(items.paid_by_patient, 0) as numeric(18, 2)) as paid_by_patient,
        cast(coalesce(items.paid, 0) as numeric(18, 2)) as paid
    from charges
    inner join patients on charges.patient_id = patients.patient_id
    left join encounters
        on
            patients.person_id = encounters.person_id
            and charges.encounter_id = encounters.encounter_id
            and encounters.encounter_no = 1
    left join items
        on
            charges.claim_id = items.claim_id
            and charges.charge_id = items.item_charge_id
)

select * from claim_items
