-- One row per prescription of medications.csv, in the shape of an event.
with

source_medications as (
    select * from {{ ref('stg_synthea__medications') }}
),

medications as (
    select
        'medications' as source_file,
        4 as file_rank,
        patient_id,
        encounter_id,
        '' as code_system,
        medication_code as source_code,
        cast(started_at as date) as start_date,
        started_at,
        cast(stopped_at as date) as stop_date,
        cast({{ not_before('stopped_at', 'started_at') }} as date) as end_date,
        {{ not_before('stopped_at', 'started_at') }} as ended_at,
        'drug_exposure' as home_table,
        {{ concept('EHR prescription') }} as type_concept_id,
        dispenses,
        total_cost as price,
        payer_coverage,
        payer_id,
        reason_code
    from source_medications
)

select * from medications
