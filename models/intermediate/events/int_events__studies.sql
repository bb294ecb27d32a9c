-- One row per imaging study of imaging_studies.csv.
with

instances as (
    select * from {{ ref('stg_synthea__imaging_studies') }}
),

ranked as (
    select
        patient_id,
        encounter_id,
        imaging_study_id,
        studied_at,
        procedure_code,
        modality_code,
        bodysite_code,
        row_number() over (
            partition by patient_id, imaging_study_id
            order by
                studied_at,
                series_uid {{ bytewise() }} nulls last,
                instance_uid {{ bytewise() }} nulls last,
                encounter_id nulls last,
                procedure_code {{ bytewise() }} nulls last,
                modality_code {{ bytewise() }} nulls last,
                bodysite_code {{ bytewise() }} nulls last
        ) as instance_no
    from instances
),

-- The number among the studies that the same procedure row could stand for.
studies as (
    select
        patient_id,
        encounter_id,
        imaging_study_id,
        studied_at,
        procedure_code,
        modality_code,
        {{ shortened("modality_code || ':' || coalesce(bodysite_code, '')", 50) }}
            as modifier_source_value,
        row_number() over (
            partition by patient_id, encounter_id, procedure_code, studied_at
            order by imaging_study_id
        ) as study_no
    from ranked
    where instance_no = 1
)

select * from studies
