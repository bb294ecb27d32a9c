-- One row per reaction of an allergy.
with

changed_persons as (
    select * from {{ ref('int_changes__persons') }}
),

source_allergies as (
    select * from {{ ref('int_events__allergies') }}
),

events as (
    select * from {{ ref('int_events__mapped') }}
),

code_map as (
    select * from {{ ref('int_vocabulary__code_map') }}
    where source_file = 'reactions' and target_no = 1
),

-- An allergy has no id of its own: the n-th of the person's rows of the source is the n-th of the
-- mapped ones. Where two tie they are alike in all that the CDM has of them.
numbered_allergies as (
    select
        changed_persons.person_id,
        source_allergies.first_reaction_code,
        source_allergies.first_reaction_severity,
        source_allergies.second_reaction_code,
        source_allergies.second_reaction_severity,
        row_number() over (
            partition by changed_persons.person_id
            order by
                source_allergies.start_date,
                source_allergies.source_code {{ bytewise() }} nulls last,
                source_allergies.encounter_id nulls last, source_allergies.stop_date nulls last,
                source_allergies.value_source_value {{ bytewise() }} nulls last,
                source_allergies.qualifier_source_value {{ bytewise() }} nulls last,
                source_allergies.first_reaction_code {{ bytewise() }} nulls last,
                source_allergies.second_reaction_code {{ bytewise() }} nulls last,
                source_allergies.first_reaction_severity {{ bytewise() }} nulls last,
                source_allergies.second_reaction_severity {{ bytewise() }} nulls last
        ) as allergy_no
    from source_allergies
    inner join changed_persons on source_allergies.patient_id = changed_persons.patient_id
),

listed as (
    select
        person_id,
        allergy_no,
        first_reaction_code as reaction_code,
        first_reaction_severity as severity
    from numbered_allergies
    where first_reaction_code is not null
    union all
    select
        person_id,
        allergy_no,
        second_reaction_code as reaction_code,
        second_reaction_severity as severity
    from numbered_allergies
    where second_reaction_code is not null
),

numbered_events as (
    select
        events.person_id,
        events.cdm_table,
        events.event_id,
        events.encounter_id,
        events.start_date,
        events.started_at,
        events.visit_occurrence_id,
        events.visit_detail_id,
        events.provider_id,
        row_number() over (
            partition by events.person_id
            order by
                events.start_date, events.source_code {{ bytewise() }} nulls last,
                events.encounter_id nulls last, events.stop_date nulls last,
                events.value_source_value {{ bytewise() }} nulls last,
                events.qualifier_source_value {{ bytewise() }} nulls last, events.event_id
        ) as allergy_no
    from events
    inner join changed_persons on events.person_id = changed_persons.person_id
    where events.source_file = 'allergies' and events.target_no = 1
),

-- The reaction is known, not when it happened: a history, linked to the allergy.
reactions as (
    select
        numbered_events.person_id,
        'observation' as cdm_table,
        'reactions' as source_file,
        3 as file_rank,
        numbered_events.encounter_id,
        listed.reaction_code as source_code,
        {{ concept_or_none('code_map.source_concept_id') }} as source_concept_id,
        {{ concept('History of event') }} as target_concept_id,
        1 as target_no,
        numbered_events.start_date,
        numbered_events.started_at,
        {{ concept('EHR encounter record') }} as type_concept_id,
        numbered_events.visit_occurrence_id,
        numbered_events.visit_detail_id,
        numbered_events.provider_id,
        {{ shortened('listed.reaction_code', 50) }} as value_source_value,
        {{ concept_or_none('code_map.target_concept_id') }} as value_as_concept_id,
        {{ shortened('listed.severity', 50) }} as qualifier_source_value,
        numbered_events.event_id as linked_event_id,
        {{ event_field_concept('numbered_events.cdm_table') }} as linked_field_concept_id
    from listed
    inner join numbered_events
        on
            listed.person_id = numbered_events.person_id
            and listed.allergy_no = numbered_events.allergy_no
    left join code_map on listed.reaction_code = code_map.source_code
)

select * from reactions
