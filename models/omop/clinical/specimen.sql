-- One row per specimen that a source row stands for.
{{ config(materialized='incremental') }}
with

events as (
    select * from {{ ref('int_events__mapped') }}
    {{ of_changed_persons() }}
),

specimen as (
    select
        event_id as specimen_id,
        person_id,
        cast(target_concept_id as integer) as specimen_concept_id,
        cast(type_concept_id as integer) as specimen_type_concept_id,
        start_date as specimen_date,
        started_at as specimen_datetime,
        cast(null as numeric(18, 6)) as quantity,
        cast(null as integer) as unit_concept_id,
        cast(null as integer) as anatomic_site_concept_id,
        cast(null as integer) as disease_status_concept_id,
        cast(null as varchar(50)) as specimen_source_id,
        {{ shortened('source_code', 50) }} as specimen_source_value,
        cast(null as varchar(50)) as unit_source_value,
        cast(null as varchar(50)) as anatomic_site_source_value,
        cast(null as varchar(50)) as disease_status_source_value
    from events
    where cdm_table = 'specimen'
)

select * from specimen
