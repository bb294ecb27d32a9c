-- One row per payer row of payers.csv.
with

source as (
    select * from {{ source('synthea', 'payers') }}
),

renamed as (
    select
        -- ids
        id as payer_id,
        -- what
        name as payer_name,
        ownership,
        -- accounting
        {{ whole_row('source') }} as whole_row
    from source
)

select * from renamed
