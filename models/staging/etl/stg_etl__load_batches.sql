-- One row per load of the loader.
with

source as (
    select * from {{ source('etl', 'load_batch') }}
),

renamed as (
    select
        batch_id,
        layout,
        finished_at,
        outcome
    from source
)

select * from renamed
