-- One row per patient with the first and last date on which anything is known.
{{ config(materialized='incremental') }}
with

patients as (
    select * from {{ ref('int_people__patients') }}
    {{ of_changed_persons() }}
),

encounters as (
    select * from {{ ref('int_visits__encounters') }}
    {{ of_changed_persons() }}
),

events as (
    select * from {{ ref('int_events__collected') }}
    {{ of_changed_persons() }}
),

encounter_spans as (
    select
        person_id,
        min(start_date) as first_date,
        max(end_date) as last_date
    from encounters
    group by person_id
),

-- Quality-of-life scores are written past a death: those say nothing about how long data was
-- collected.
event_spans as (
    select
        events.person_id,
        min(events.start_date) as first_date,
        max(greatest(events.start_date, events.stop_date)) as last_date
    from events
    inner join patients on events.person_id = patients.person_id
    where
        events.source_file <> 'observations'
        or events.source_code not in ('DALY', 'QALY', 'QOL', 'QOLS')
        or patients.death_date is null
        or events.start_date <= patients.death_date
    group by events.person_id
),

spans as (
    select
        patients.person_id,
        patients.patient_id,
        patients.death_date,
        cast(
            greatest(
                patients.birth_date,
                coalesce(
                    least(encounter_spans.first_date, event_spans.first_date), patients.birth_date
                )
            ) as date
        ) as first_date,
        cast(greatest(encounter_spans.last_date, event_spans.last_date) as date) as last_date
    from patients
    left join encounter_spans on patients.person_id = encounter_spans.person_id
    left join event_spans on patients.person_id = event_spans.person_id
)

select * from spans
