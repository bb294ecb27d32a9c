-- One row per clinical source row of a person whose rows this build replaces.
{{ config(materialized='table') }}
with

changed_persons as (
    select * from {{ ref('int_changes__persons') }}
),

patients as (
    select * from {{ ref('int_people__patients') }}
),

events as (
    {{ union_of_events([
        'int_events__conditions',
        'int_events__allergies',
        'int_events__medications',
        'int_events__immunizations',
        'int_events__procedures',
        'int_events__observations',
        'int_events__careplans',
        'int_events__devices',
        'int_events__supplies',
        'int_events__imaging',
    ], without=['person_id']) }}
),

present as (
    select
        patients.person_id,
        patients.patient_id
    from patients
    inner join changed_persons on patients.person_id = changed_persons.person_id
),

collected as (
    select
        present.person_id,
        events.patient_id,
        events.source_file,
        events.file_rank,
        events.record_id,
        events.encounter_id,
        events.code_system,
        events.source_code,
        events.start_date,
        events.started_at,
        events.stop_date,
        events.end_date,
        events.ended_at,
        events.home_table,
        events.type_concept_id,
        events.value_as_number,
        events.value_as_string,
        events.value_source_value,
        events.answer_text,
        events.unit_text,
        events.qualifier_source_value,
        events.modifier_source_value,
        events.udi,
        events.quantity,
        events.dispenses,
        events.price,
        events.payer_coverage,
        events.payer_id,
        events.reason_code
    from events
    inner join present on events.patient_id = present.patient_id
    {{ of_few_changed_persons('events.patient_id', 'patient_id') }}
)

select * from collected
