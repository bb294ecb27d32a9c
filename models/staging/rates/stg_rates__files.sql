-- One row per price-transparency file that was ever loaded.
with

source as (
    select * from {{ source('rates_ledger', 'rate_file') }}
),

renamed as (
    select
        -- ids
        file_id,
        file_set,
        file_name,
        url as file_url,
        kind as file_kind,
        -- whose
        payer as payer_name,
        payer_slug as given_payer_slug,
        state,
        -- what became of it
        rows_read,
        rows_loaded,
        rows_rejected,
        outcome
    from source
)

select * from renamed
