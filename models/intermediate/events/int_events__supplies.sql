-- One row per supply of supplies.csv, in the shape of an event.
with

source_supplies as (
    select * from {{ ref('stg_synthea__supplies') }}
),

supplies as (
    select
        'supplies' as source_file,
        10 as file_rank,
        patient_id,
        encounter_id,
        '' as code_system,
        supply_code as source_code,
        supply_date as start_date,
        cast(supply_date as timestamp) as started_at,
        'device_exposure' as home_table,
        {{ concept('EHR encounter record') }} as type_concept_id,
        case when quantity >= 1 then quantity else 1 end as quantity
    from source_supplies
)

select * from supplies
