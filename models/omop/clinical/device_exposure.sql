-- One row per device or supply that a source row stands for.
{{ config(materialized='incremental') }}
with

events as (
    select * from {{ ref('int_events__mapped') }}
    {{ of_changed_persons() }}
),

-- A GS1 identifier opens with (01) and the 14 digits of the device; the rest is the production.
identified as (
    select
        event_id,
        person_id,
        target_concept_id,
        start_date,
        started_at,
        end_date,
        ended_at,
        type_concept_id,
        udi,
        coalesce({{ matches('udi', "'[(]01[)][0-9]{14}.*'") }}, false) as is_gs1,
        quantity,
        provider_id,
        visit_occurrence_id,
        visit_detail_id,
        source_code,
        source_concept_id
    from events
    where cdm_table = 'device_exposure'
),

device_exposure as (
    select
        event_id as device_exposure_id,
        person_id,
        cast(target_concept_id as integer) as device_concept_id,
        start_date as device_exposure_start_date,
        started_at as device_exposure_start_datetime,
        end_date as device_exposure_end_date,
        ended_at as device_exposure_end_datetime,
        cast(type_concept_id as integer) as device_type_concept_id,
        {{ shortened('case when is_gs1 then substr(udi, 5, 14) else udi end', 255) }}
            as unique_device_id,
        {{ shortened("case when is_gs1 then nullif(substr(udi, 19), '') end", 255) }}
            as production_id,
        cast(quantity as integer) as quantity,
        provider_id,
        visit_occurrence_id,
        visit_detail_id,
        {{ shortened('source_code', 50) }} as device_source_value,
        cast(source_concept_id as integer) as device_source_concept_id,
        cast(null as integer) as unit_concept_id,
        cast(null as varchar(50)) as unit_source_value,
        cast(null as integer) as unit_source_concept_id
    from identified
)

select * from device_exposure
