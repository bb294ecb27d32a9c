-- One row per device of devices.csv, in the shape of an event.
with

source_devices as (
    select * from {{ ref('stg_synthea__devices') }}
),

devices as (
    select
        'devices' as source_file,
        9 as file_rank,
        patient_id,
        encounter_id,
        '' as code_system,
        device_code as source_code,
        cast(started_at as date) as start_date,
        started_at,
        cast(stopped_at as date) as stop_date,
        cast({{ not_before('stopped_at', 'started_at') }} as date) as end_date,
        {{ not_before('stopped_at', 'started_at') }} as ended_at,
        'device_exposure' as home_table,
        {{ concept('EHR encounter record') }} as type_concept_id,
        1 as quantity,
        udi
    from source_devices
)

select * from devices
