-- One row per coverage period row of payer_transitions.csv.
with

source as (
    select * from {{ source('synthea', 'payer_transitions') }}
),

renamed as (
    select
        -- ids
        patient as patient_id,
        memberid as member_id,
        payer as payer_id,
        secondary_payer as secondary_payer_id,
        -- what
        plan_ownership,
        owner_name,
        -- when
        start_date as start_text,
        end_date as end_text
    from source
)

select * from renamed
