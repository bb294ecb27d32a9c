-- One row per imaging study that no procedure row stands for, in the shape of an event.
with

studies as (
    select * from {{ ref('int_events__studies') }}
),

procedures as (
    select * from {{ ref('stg_synthea__procedures') }}
),

-- Nearly every study repeats a row of procedures.csv: a second row would count the image twice.
procedure_counts as (
    select
        procedures.patient_id,
        procedures.encounter_id,
        procedures.procedure_code,
        procedures.started_at,
        count(*) as procedure_rows
    from procedures
    inner join studies
        on
            procedures.patient_id = studies.patient_id
            and procedures.encounter_id = studies.encounter_id
            and procedures.procedure_code = studies.procedure_code
            and procedures.started_at = studies.studied_at
            and studies.study_no = 1
    group by
        procedures.patient_id,
        procedures.encounter_id,
        procedures.procedure_code,
        procedures.started_at
),

imaging as (
    select
        'imaging_studies' as source_file,
        11 as file_rank,
        studies.imaging_study_id as record_id,
        studies.patient_id,
        studies.encounter_id,
        '' as code_system,
        coalesce(studies.procedure_code, studies.modality_code) as source_code,
        cast(studies.studied_at as date) as start_date,
        studies.studied_at as started_at,
        cast(studies.studied_at as date) as end_date,
        studies.studied_at as ended_at,
        'procedure_occurrence' as home_table,
        {{ concept('EHR encounter record') }} as type_concept_id,
        studies.modifier_source_value
    from studies
    left join procedure_counts
        on
            studies.patient_id = procedure_counts.patient_id
            and studies.encounter_id = procedure_counts.encounter_id
            and studies.procedure_code = procedure_counts.procedure_code
            and studies.studied_at = procedure_counts.started_at
    where studies.study_no > coalesce(procedure_counts.procedure_rows, 0)
)

select * from imaging
