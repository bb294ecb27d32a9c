-- One row per measurement that a source row stands for.
{{ config(materialized='incremental') }}
with

events as (
    select * from {{ ref('int_events__mapped') }}
    {{ of_changed_persons() }}
),

measurement as (
    select
        event_id as measurement_id,
        person_id,
        cast(target_concept_id as integer) as measurement_concept_id,
        start_date as measurement_date,
        started_at as measurement_datetime,
        cast(
            substr(cast(started_at as {{ sql_type('text') }}), 12, 8) as varchar(10)
        ) as measurement_time,
        cast(type_concept_id as integer) as measurement_type_concept_id,
        cast(null as integer) as operator_concept_id,
        cast(value_as_number as numeric(18, 6)) as value_as_number,
        cast(value_as_concept_id as integer) as value_as_concept_id,
        cast(unit_concept_id as integer) as unit_concept_id,
        cast(null as numeric(18, 6)) as range_low,
        cast(null as numeric(18, 6)) as range_high,
        provider_id,
        visit_occurrence_id,
        visit_detail_id,
        {{ shortened('source_code', 50) }} as measurement_source_value,
        cast(source_concept_id as integer) as measurement_source_concept_id,
        {{ shortened('unit_source_value', 50) }} as unit_source_value,
        cast(unit_source_concept_id as integer) as unit_source_concept_id,
        {{ shortened('value_source_value', 50) }} as value_source_value,
        cast(null as bigint) as measurement_event_id,
        cast(null as integer) as meas_event_field_concept_id
    from events
    where cdm_table = 'measurement'
)

select * from measurement
