-- One row per transaction row of claims_transactions.csv.
with

source as (
    select * from {{ source('synthea', 'claims_transactions') }}
),

renamed as (
    select
        -- ids
        claimid as claim_id,
        chargeid as charge_id,
        patientid as patient_id,
        appointmentid as encounter_id,
        transferoutid as transfer_out_id,
        -- what
        type as transaction_type,
        method as payment_method,
        transfertype as transfer_type,
        procedurecode as item_code,
        -- when
        fromdate as item_started_at,
        -- money
        amount,
        payments,
        adjustments
    from source
)

select * from renamed
