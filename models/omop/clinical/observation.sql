-- One row per observation that a source row stands for or implies.
{{ config(materialized='incremental') }}
with

events as (
    select * from {{ ref('int_events__mapped') }}
    {{ of_changed_persons() }}
),

added as (
    select * from {{ ref('int_events__added') }}
    {{ of_changed_persons() }}
),

all_rows as (
    select
        event_id,
        person_id,
        target_concept_id,
        start_date,
        started_at,
        type_concept_id,
        value_as_number,
        value_as_string,
        value_as_concept_id,
        unit_concept_id,
        provider_id,
        visit_occurrence_id,
        visit_detail_id,
        source_code,
        source_concept_id,
        unit_source_value,
        qualifier_source_value,
        value_source_value,
        cast(null as bigint) as linked_event_id,
        cast(null as integer) as linked_field_concept_id
    from events
    where cdm_table = 'observation'
    union all
    select
        event_id,
        person_id,
        target_concept_id,
        start_date,
        started_at,
        type_concept_id,
        cast(null as numeric(18, 6)) as value_as_number,
        value_as_string,
        value_as_concept_id,
        cast(null as integer) as unit_concept_id,
        provider_id,
        visit_occurrence_id,
        visit_detail_id,
        source_code,
        source_concept_id,
        cast(null as {{ sql_type('text') }}) as unit_source_value,
        qualifier_source_value,
        value_source_value,
        linked_event_id,
        linked_field_concept_id
    from added
    where cdm_table = 'observation'
),

observation as (
    select
        event_id as observation_id,
        person_id,
        cast(target_concept_id as integer) as observation_concept_id,
        start_date as observation_date,
        started_at as observation_datetime,
        cast(type_concept_id as integer) as observation_type_concept_id,
        cast(value_as_number as numeric(18, 6)) as value_as_number,
        {{ shortened('value_as_string', 60) }} as value_as_string,
        cast(value_as_concept_id as integer) as value_as_concept_id,
        cast(null as integer) as qualifier_concept_id,
        cast(unit_concept_id as integer) as unit_concept_id,
        provider_id,
        visit_occurrence_id,
        visit_detail_id,
        {{ shortened('source_code', 50) }} as observation_source_value,
        cast(source_concept_id as integer) as observation_source_concept_id,
        {{ shortened('unit_source_value', 50) }} as unit_source_value,
        {{ shortened('qualifier_source_value', 50) }} as qualifier_source_value,
        {{ shortened('value_source_value', 50) }} as value_source_value,
        linked_event_id as observation_event_id,
        cast(linked_field_concept_id as integer) as obs_event_field_concept_id
    from all_rows
)

select * from observation
