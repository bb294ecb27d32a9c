-- One row per price-transparency file that counts as loaded.
with

ledger as (
    select * from {{ ref('stg_rates__files') }}
),

-- The ledger forgets nobody, so the number of a set outlives the files that are loaded again.
numbered as (
    select
        ledger.*,
        min(file_id) over (
            partition by payer_name, state, coalesce(file_set, file_name)
        ) as file_set_id
    from ledger
),

files as (
    select
        file_id,
        file_set_id,
        file_name,
        file_url,
        file_kind,
        payer_name,
        given_payer_slug,
        state,
        rows_read,
        rows_loaded,
        rows_rejected,
        outcome = 'lost' as is_lost,
        md5(concat_ws(
            '|', coalesce(payer_name, ''), coalesce(state, ''), coalesce(file_set, ''), file_name
        )) as file_key
    from numbered
    where outcome in ('loaded', 'lost')
)

select * from files
