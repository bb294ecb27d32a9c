-- One row per vaccination of immunizations.csv, in the shape of an event.
with

source_immunizations as (
    select * from {{ ref('stg_synthea__immunizations') }}
),

immunizations as (
    select
        'immunizations' as source_file,
        5 as file_rank,
        patient_id,
        encounter_id,
        '' as code_system,
        vaccine_code as source_code,
        cast(given_at as date) as start_date,
        given_at as started_at,
        cast(given_at as date) as end_date,
        given_at as ended_at,
        'drug_exposure' as home_table,
        {{ concept('EHR administration record') }} as type_concept_id,
        base_cost as price
    from source_immunizations
)

select * from immunizations
