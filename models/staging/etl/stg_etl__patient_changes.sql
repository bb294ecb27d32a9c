-- One row per patient that a load or a full refresh marked.
with

source as (
    select * from {{ source('etl', 'patient_change') }}
),

renamed as (
    select
        change_id,
        batch_id,
        patient_id,
        change
    from source
)

select * from renamed
