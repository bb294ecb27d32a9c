-- One row per condition of conditions.csv, in the shape of an event.
with

source_conditions as (
    select * from {{ ref('stg_synthea__conditions') }}
),

conditions as (
    select
        'conditions' as source_file,
        2 as file_rank,
        patient_id,
        encounter_id,
        coalesce(lower(trim(code_system)), '') as code_system,
        condition_code as source_code,
        start_date,
        cast(start_date as timestamp) as started_at,
        stop_date,
        {{ not_before('stop_date', 'start_date') }} as end_date,
        cast({{ not_before('stop_date', 'start_date') }} as timestamp) as ended_at,
        'condition_occurrence' as home_table,
        {{ concept('EHR problem list') }} as type_concept_id
    from source_conditions
)

select * from conditions
