-- One row per line that the loader could not read.
with

source as (
    select * from {{ source('etl', 'rejected_row') }}
),

renamed as (
    select
        batch_id,
        file_name,
        line_number,
        raw_line
    from source
)

select * from renamed
