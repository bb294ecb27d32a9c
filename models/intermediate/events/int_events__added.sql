-- One row per CDM row that stands for no source row of its own: reasons, reactions, patient facts.
{{ config(materialized='incremental') }}
with

implied as (
    select * from {{ ref('int_events__implied') }}
),

events as (
    select * from {{ ref('int_events__mapped') }}
    {{ of_changed_persons() }}
),

last_events as (
    select
        person_id,
        cdm_table,
        max(event_id) as event_id
    from events
    where cdm_table in ('condition_occurrence', 'observation')
    group by person_id, cdm_table
),

-- Numbered after the rows of the source, whose ids therefore do not depend on what is added.
added as (
    select
        cast(
            coalesce(last_events.event_id, implied.person_id * 1048576)
            + row_number() over (
                partition by implied.person_id, implied.cdm_table
                order by
                    implied.start_date, implied.started_at nulls last, implied.file_rank,
                    implied.source_code {{ bytewise() }}, implied.encounter_id nulls last,
                    implied.linked_event_id nulls last, implied.target_no,
                    implied.qualifier_source_value {{ bytewise() }} nulls last
            ) as bigint
        ) as event_id,
        implied.person_id,
        implied.cdm_table,
        implied.source_file,
        implied.encounter_id,
        implied.source_code,
        implied.source_concept_id,
        implied.target_concept_id,
        implied.target_no,
        implied.start_date,
        implied.started_at,
        implied.type_concept_id,
        implied.visit_occurrence_id,
        implied.visit_detail_id,
        implied.provider_id,
        implied.value_as_string,
        implied.value_source_value,
        implied.value_as_concept_id,
        implied.qualifier_source_value,
        implied.linked_event_id,
        implied.linked_field_concept_id
    from implied
    left join last_events
        on
            implied.person_id = last_events.person_id
            and implied.cdm_table = last_events.cdm_table
)

select * from added
