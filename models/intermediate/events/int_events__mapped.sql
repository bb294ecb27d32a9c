-- One row per clinical source row and standard concept it maps to, with its CDM table and id.
{{ config(materialized='incremental') }}
with

events as (
    select * from {{ ref('int_events__collected') }}
    {{ of_changed_persons() }}
),

encounters as (
    select * from {{ ref('int_visits__encounters_assigned') }}
    {{ of_changed_persons() }}
),

code_map as (
    select * from {{ ref('int_vocabulary__code_map') }}
),

unit_map as (
    select * from {{ ref('int_vocabulary__unit_map') }}
),

answer_map as (
    select * from {{ ref('int_vocabulary__answer_map') }}
),

-- The usual encounter of an id is the first one; of a repeated id an event's time may point at a
-- further one.
routed as (
    select
        events.person_id,
        coalesce(code_map.cdm_table, events.home_table) as cdm_table,
        events.source_file,
        events.file_rank,
        events.record_id,
        events.encounter_id,
        events.source_code,
        code_map.vocabulary_id,
        {{ concept_or_none('code_map.source_concept_id') }} as source_concept_id,
        {{ concept_or_none('code_map.target_concept_id') }} as target_concept_id,
        coalesce(code_map.target_no, 1) as target_no,
        events.start_date,
        events.started_at,
        events.stop_date,
        events.end_date,
        events.ended_at,
        events.type_concept_id,
        coalesce(further_encounters.visit_occurrence_id, first_encounters.visit_occurrence_id)
            as visit_occurrence_id,
        coalesce(further_encounters.visit_detail_id, first_encounters.visit_detail_id)
            as visit_detail_id,
        case
            when further_encounters.visit_detail_id is not null then further_encounters.provider_id
            else first_encounters.provider_id
        end as provider_id,
        events.value_as_number,
        events.value_as_string,
        events.value_source_value,
        coalesce(
            answer_map.value_concept_id,
            -- An observation with a value of its own has no room for that of the map.
            case
                when events.source_file <> 'observations' or events.value_source_value is null
                    then code_map.value_concept_id
            end
        ) as value_as_concept_id,
        unit_map.unit_concept_id,
        unit_map.unit_source_concept_id,
        unit_map.unit_source_value,
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
    left join encounters as first_encounters
        on
            events.person_id = first_encounters.person_id
            and events.encounter_id = first_encounters.encounter_id
            and first_encounters.encounter_no = 1
    left join encounters as further_encounters
        on
            events.person_id = further_encounters.person_id
            and events.encounter_id = further_encounters.encounter_id
            and further_encounters.encounter_no > 1
            and events.started_at >= further_encounters.started_at
            and events.started_at <= further_encounters.stopped_at
            and events.started_at > further_encounters.claimed_until
    left join code_map
        on
            events.source_file = code_map.source_file
            and events.code_system = code_map.code_system
            and events.source_code = code_map.source_code
    left join unit_map on events.unit_text = unit_map.unit_text
    left join answer_map
        on
            events.source_code = answer_map.question_code
            and events.answer_text = answer_map.answer_text
),

-- The order of the ids: what the row is and when, then everything else that reaches the CDM. Rows
-- that tie in all of it are alike there too, so it does not matter which of them comes first.
mapped as (
    select
        {{ person_local_id(
            order_by='''
            start_date, started_at nulls last, file_rank,
            source_code ''' ~ bytewise() ~ ''' nulls last,
            record_id nulls last, stop_date nulls last, ended_at nulls last, payer_id nulls last,
            encounter_id nulls last, price nulls last, payer_coverage nulls last,
            dispenses nulls last, quantity nulls last, value_as_number nulls last,
            value_source_value ''' ~ bytewise() ~ ''' nulls last,
            value_as_string ''' ~ bytewise() ~ ''' nulls last,
            unit_source_value ''' ~ bytewise() ~ ''' nulls last, type_concept_id,
            qualifier_source_value ''' ~ bytewise() ~ ''' nulls last,
            udi ''' ~ bytewise() ~ ''' nulls last, reason_code ''' ~ bytewise() ~ ''' nulls last,
            modifier_source_value ''' ~ bytewise() ~ ''' nulls last,
            target_concept_id, value_as_concept_id nulls last
            ''',
            within='person_id, cdm_table'
        ) }} as event_id,
        person_id,
        cdm_table,
        source_file,
        record_id,
        encounter_id,
        source_code,
        vocabulary_id,
        source_concept_id,
        target_concept_id,
        target_no,
        start_date,
        started_at,
        stop_date,
        end_date,
        ended_at,
        type_concept_id,
        visit_occurrence_id,
        visit_detail_id,
        provider_id,
        value_as_number,
        value_as_string,
        value_source_value,
        value_as_concept_id,
        unit_concept_id,
        unit_source_concept_id,
        unit_source_value,
        qualifier_source_value,
        modifier_source_value,
        udi,
        quantity,
        dispenses,
        price,
        payer_coverage,
        payer_id,
        reason_code
    from routed
)

select * from mapped
