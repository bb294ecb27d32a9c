-- One row per yearly total of patient_expenses.csv.
with

source as (
    select * from {{ source('synthea', 'patient_expenses') }}
),

renamed as (
    select
        -- ids
        patient_id
    from source
)

select * from renamed
