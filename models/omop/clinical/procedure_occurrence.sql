-- One row per procedure that a source row stands for.
{{ config(materialized='incremental') }}
with

events as (
    select * from {{ ref('int_events__mapped') }}
    {{ of_changed_persons() }}
),

procedure_occurrence as (
    select
        event_id as procedure_occurrence_id,
        person_id,
        cast(target_concept_id as integer) as procedure_concept_id,
        start_date as procedure_date,
        started_at as procedure_datetime,
        end_date as procedure_end_date,
        ended_at as procedure_end_datetime,
        cast(type_concept_id as integer) as procedure_type_concept_id,
        cast(null as integer) as modifier_concept_id,
        cast(null as integer) as quantity,
        provider_id,
        visit_occurrence_id,
        visit_detail_id,
        {{ shortened('source_code', 50) }} as procedure_source_value,
        cast(source_concept_id as integer) as procedure_source_concept_id,
        {{ shortened('modifier_source_value', 50) }} as modifier_source_value
    from events
    where cdm_table = 'procedure_occurrence'
)

select * from procedure_occurrence
