-- One row per encounter, reason that no condition or allergy row stands for, and concept of it.
with

changed_persons as (
    select * from {{ ref('int_changes__persons') }}
),

reasons as (
    select * from {{ ref('int_events__reasons') }}
),

encounters as (
    select * from {{ ref('int_visits__encounters_assigned') }}
),

code_map as (
    select * from {{ ref('int_vocabulary__code_map') }}
    where source_file = 'reasons'
),

unknown_reasons as (
    select
        reasons.person_id,
        reasons.encounter_id,
        reasons.reason_code,
        min(reasons.start_date) as start_date,
        min(reasons.started_at) as started_at
    from reasons
    inner join changed_persons on reasons.person_id = changed_persons.person_id
    where reasons.reason_id is null
    group by reasons.person_id, reasons.encounter_id, reasons.reason_code
),

-- Of a repeated encounter id the first row counts; without an encounter the earliest row that names
-- the reason gives the day.
dated as (
    select
        unknown_reasons.person_id,
        unknown_reasons.encounter_id,
        unknown_reasons.reason_code,
        coalesce(encounters.started_at, unknown_reasons.started_at) as started_at,
        cast(coalesce(encounters.started_at, unknown_reasons.start_date) as date) as start_date,
        encounters.visit_occurrence_id,
        encounters.visit_detail_id,
        encounters.provider_id
    from unknown_reasons
    left join encounters
        on
            unknown_reasons.person_id = encounters.person_id
            and unknown_reasons.encounter_id = encounters.encounter_id
            and encounters.encounter_no = 1
),

-- A reason is no more than a condition or an observation: a procedure that is one was not done, and
-- so it is a value and not a row of its own table.
reason_rows as (
    select
        dated.person_id,
        case
            when code_map.cdm_table = 'condition_occurrence' then 'condition_occurrence'
            else 'observation'
        end as cdm_table,
        'reasons' as source_file,
        12 as file_rank,
        dated.encounter_id,
        dated.reason_code as source_code,
        {{ concept_or_none('code_map.source_concept_id') }} as source_concept_id,
        case
            when code_map.cdm_table in ('condition_occurrence', 'observation')
                then {{ concept_or_none('code_map.target_concept_id') }}
            else {{ concept('No matching concept') }}
        end as target_concept_id,
        coalesce(code_map.target_no, 1) as target_no,
        dated.start_date,
        dated.started_at,
        {{ concept('EHR encounter record') }} as type_concept_id,
        dated.visit_occurrence_id,
        dated.visit_detail_id,
        dated.provider_id,
        case
            when code_map.cdm_table in ('condition_occurrence', 'observation')
                then code_map.value_concept_id
            else code_map.target_concept_id
        end as value_as_concept_id
    from dated
    left join code_map on dated.reason_code = code_map.source_code
)

select * from reason_rows
