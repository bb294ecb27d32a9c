-- Per patient, the costs hold all charges and payments of the claims. In an export without gaps
-- every charge has the encounter, procedure, immunization or medication that it is for.
{{ config(severity='warn') }}
with

patients as (
    select * from {{ ref('int_people__patients') }}
),

transactions as (
    select * from {{ ref('stg_synthea__claims_transactions') }}
),

costs as (
    select * from {{ ref('cost') }}
),

claim_sums as (
    select
        patients.person_id,
        sum(
            case when transactions.transaction_type = 'CHARGE' then transactions.amount else 0 end
        ) as charged,
        sum(
            case
                when transactions.transaction_type = 'PAYMENT' then transactions.payments else 0
            end
        ) as paid
    from transactions
    inner join patients on transactions.patient_id = patients.patient_id
    group by patients.person_id
),

cost_sums as (
    select
        cost_id >> 20 as person_id,
        sum(total_charge) as charged,
        sum(total_paid) as paid
    from costs
    group by cost_id >> 20
),

short as (
    select
        claim_sums.person_id,
        claim_sums.charged as claimed,
        claim_sums.paid as paid_for_claims,
        cost_sums.charged,
        cost_sums.paid
    from claim_sums
    left join cost_sums on claim_sums.person_id = cost_sums.person_id
    where
        coalesce(cost_sums.charged, 0) < claim_sums.charged
        or coalesce(cost_sums.paid, 0) < claim_sums.paid
)

select * from short
