-- One row per allergy of allergies.csv, in the shape of an event.
with

source_allergies as (
    select * from {{ ref('stg_synthea__allergies') }}
),

allergies as (
    select
        'allergies' as source_file,
        3 as file_rank,
        patient_id,
        encounter_id,
        coalesce(lower(trim(code_system)), '') as code_system,
        allergy_code as source_code,
        start_date,
        cast(start_date as timestamp) as started_at,
        stop_date,
        'observation' as home_table,
        {{ concept('EHR encounter record') }} as type_concept_id,
        {{ shortened('allergy_description', 50) }} as value_source_value,
        {{ shortened(
            "nullif(coalesce(allergy_type, '') || ':' || coalesce(allergy_category, ''), ':')", 50
        ) }} as qualifier_source_value,
        first_reaction_code,
        first_reaction_severity,
        second_reaction_code,
        second_reaction_severity
    from source_allergies
)

select * from allergies
