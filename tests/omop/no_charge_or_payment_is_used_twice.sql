-- Per patient, the costs hold no more charges and payments than the claims.
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

excessive as (
    select
        cost_sums.person_id,
        cost_sums.charged,
        cost_sums.paid,
        claim_sums.charged as claimed,
        claim_sums.paid as paid_for_claims
    from cost_sums
    left join claim_sums on cost_sums.person_id = claim_sums.person_id
    where
        cost_sums.charged > coalesce(claim_sums.charged, 0)
        or cost_sums.paid > coalesce(claim_sums.paid, 0)
)

select * from excessive
