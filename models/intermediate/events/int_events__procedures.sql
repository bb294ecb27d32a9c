-- One row per procedure of procedures.csv, in the shape of an event.
with

source_procedures as (
    select * from {{ ref('stg_synthea__procedures') }}
),

studies as (
    select * from {{ ref('int_events__studies') }}
),

numbered as (
    select
        patient_id,
        encounter_id,
        code_system,
        procedure_code,
        started_at,
        stopped_at,
        base_cost,
        reason_code,
        row_number() over (
            partition by patient_id, encounter_id, procedure_code, started_at
            order by
                stopped_at nulls last,
                base_cost nulls last,
                reason_code {{ bytewise() }} nulls last,
                code_system {{ bytewise() }} nulls last
        ) as procedure_no
    from source_procedures
),

procedures as (
    select
        'procedures' as source_file,
        6 as file_rank,
        -- The imaging study that the procedure stands for as well.
        studies.imaging_study_id as record_id,
        numbered.patient_id,
        numbered.encounter_id,
        coalesce(lower(trim(numbered.code_system)), '') as code_system,
        numbered.procedure_code as source_code,
        cast(numbered.started_at as date) as start_date,
        numbered.started_at,
        cast(numbered.stopped_at as date) as stop_date,
        cast({{ not_before('numbered.stopped_at', 'numbered.started_at') }} as date) as end_date,
        {{ not_before('numbered.stopped_at', 'numbered.started_at') }} as ended_at,
        'procedure_occurrence' as home_table,
        {{ concept('EHR encounter record') }} as type_concept_id,
        numbered.base_cost as price,
        numbered.reason_code,
        studies.modifier_source_value
    from numbered
    left join studies
        on
            numbered.patient_id = studies.patient_id
            and numbered.encounter_id = studies.encounter_id
            and numbered.procedure_code = studies.procedure_code
            and numbered.started_at = studies.studied_at
            and numbered.procedure_no = studies.study_no
)

select * from procedures
