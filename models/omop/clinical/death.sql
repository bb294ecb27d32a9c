-- One row per person who died.
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

reasons as (
    select * from {{ ref('int_vocabulary__code_map') }}
    where source_file = 'reasons' and target_no = 1
),

-- The latest certificate counts; a person who died need not have one.
certificates as (
    select
        person_id,
        started_at,
        start_date,
        reason_code,
        row_number() over (
            partition by person_id order by started_at desc, encounter_id desc, encounter_no desc
        ) as recency
    from encounters
    where encounter_code = '308646001'
),

death as (
    select
        patients.person_id,
        patients.death_date,
        case
            when certificates.start_date = patients.death_date then certificates.started_at
        end as death_datetime,
        {{ concept('EHR') }} as death_type_concept_id,
        case
            when certificates.person_id is not null
                then {{ concept_or_none('reasons.target_concept_id') }}
        end as cause_concept_id,
        {{ shortened('certificates.reason_code', 50) }} as cause_source_value,
        case
            when certificates.person_id is not null
                then {{ concept_or_none('reasons.source_concept_id') }}
        end as cause_source_concept_id
    from patients
    left join certificates
        on
            patients.person_id = certificates.person_id
            and certificates.recency = 1
    left join reasons on certificates.reason_code = reasons.source_code
    where patients.death_date is not null
)

select * from death
