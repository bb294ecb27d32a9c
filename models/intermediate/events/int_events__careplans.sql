-- One row per care plan of careplans.csv, in the shape of an event.
with

source_careplans as (
    select * from {{ ref('stg_synthea__careplans') }}
),

careplans as (
    select
        'careplans' as source_file,
        8 as file_rank,
        careplan_id as record_id,
        patient_id,
        encounter_id,
        '' as code_system,
        careplan_code as source_code,
        start_date,
        cast(start_date as timestamp) as started_at,
        stop_date,
        {{ not_before('stop_date', 'start_date') }} as end_date,
        cast({{ not_before('stop_date', 'start_date') }} as timestamp) as ended_at,
        'procedure_occurrence' as home_table,
        {{ concept('EHR encounter record') }} as type_concept_id,
        reason_code
    from source_careplans
)

select * from careplans
