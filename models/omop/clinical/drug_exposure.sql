-- One row per drug that a source row stands for.
{{ config(materialized='incremental') }}
with

events as (
    select * from {{ ref('int_events__mapped') }}
    {{ of_changed_persons() }}
),

spans as (
    select * from {{ ref('int_people__spans') }}
    {{ of_changed_persons() }}
),

-- A prescription without an end lasts a month a dispense, but no longer than the person is known
-- (or alive).
ended as (
    select
        events.event_id,
        events.start_date,
        case
            when events.end_date is not null then events.end_date
            when events.source_file <> 'medications' then events.start_date
            else
                greatest(
                    events.start_date,
                    least(
                        events.start_date + 30 * greatest(coalesce(events.dispenses, 1), 1) - 1,
                        coalesce(spans.death_date, spans.last_date)
                    )
                )
        end as end_date,
        events.person_id,
        events.target_concept_id,
        events.started_at,
        events.ended_at,
        events.stop_date,
        events.source_file,
        events.type_concept_id,
        events.dispenses,
        events.provider_id,
        events.visit_occurrence_id,
        events.visit_detail_id,
        events.source_code,
        events.source_concept_id
    from events
    inner join spans on events.person_id = spans.person_id
    where events.cdm_table = 'drug_exposure'
),

drug_exposure as (
    select
        event_id as drug_exposure_id,
        person_id,
        cast(target_concept_id as integer) as drug_concept_id,
        start_date as drug_exposure_start_date,
        started_at as drug_exposure_start_datetime,
        cast(end_date as date) as drug_exposure_end_date,
        ended_at as drug_exposure_end_datetime,
        stop_date as verbatim_end_date,
        cast(type_concept_id as integer) as drug_type_concept_id,
        cast(null as varchar(20)) as stop_reason,
        -- More than 25 dispenses is how Synthea writes a drug for life, not a number of refills.
        cast(case when dispenses between 1 and 25 then dispenses - 1 end as integer) as refills,
        cast(null as numeric(18, 6)) as quantity,
        cast(null as integer) as days_supply,
        cast(null as {{ sql_type('text') }}) as sig,
        cast(null as integer) as route_concept_id,
        cast(null as varchar(50)) as lot_number,
        provider_id,
        visit_occurrence_id,
        visit_detail_id,
        {{ shortened('source_code', 50) }} as drug_source_value,
        cast(source_concept_id as integer) as drug_source_concept_id,
        cast(null as varchar(50)) as route_source_value,
        cast(null as varchar(50)) as dose_unit_source_value
    from ended
)

select * from drug_exposure
