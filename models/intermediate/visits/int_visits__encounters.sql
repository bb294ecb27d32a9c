-- One row per encounter of a known patient; an id with several contents has several rows.
{{ config(materialized='incremental', incremental_strategy='replace_persons', on_schema_change='fail') }}
with

source_encounters as (
    select * from {{ ref('stg_synthea__encounters') }}
    {{ of_changed_persons('patient_id') }}
),

patients as (
    select * from {{ ref('int_people__patients') }}
    {{ of_changed_persons() }}
),

provider_keys as (
    select * from {{ ref('int_keys__providers') }}
),

care_site_keys as (
    select * from {{ ref('int_keys__care_sites') }}
),

encounter_classes as (
    select * from {{ ref('int_vocabulary__encounter_classes') }}
),

-- Rows that are alike in every column are one encounter.
distinct_encounters as (
    select distinct
        patient_id,
        encounter_id,
        organization_id,
        provider_id,
        payer_id,
        encounter_class,
        encounter_code,
        encounter_description,
        reason_code,
        reason_description,
        started_at,
        -- An encounter cannot end before it starts; one without an end ends where it starts.
        greatest(coalesce(stopped_at, started_at), started_at) as stopped_at,
        base_encounter_cost,
        total_claim_cost,
        payer_coverage
    from source_encounters
),

identified as (
    select
        patients.person_id,
        distinct_encounters.*,
        cast(
            row_number() over (
                partition by patients.person_id, distinct_encounters.encounter_id
                order by
                    distinct_encounters.started_at,
                    distinct_encounters.stopped_at,
                    distinct_encounters.organization_id nulls last,
                    distinct_encounters.provider_id nulls last,
                    distinct_encounters.payer_id nulls last,
                    distinct_encounters.encounter_class collate "C" nulls last,
                    distinct_encounters.encounter_code collate "C" nulls last,
                    distinct_encounters.encounter_description collate "C" nulls last,
                    distinct_encounters.base_encounter_cost nulls last,
                    distinct_encounters.total_claim_cost nulls last,
                    distinct_encounters.payer_coverage nulls last,
                    distinct_encounters.reason_code collate "C" nulls last
            ) as integer
        ) as encounter_no
    from distinct_encounters
    inner join patients on distinct_encounters.patient_id = patients.patient_id
),

encounters as (
    select
        identified.person_id,
        identified.patient_id,
        identified.encounter_id,
        identified.encounter_no,
        {{ person_local_id(
            'identified.started_at, identified.stopped_at, identified.encounter_id, identified.encounter_no',
            person='identified.person_id'
        ) }} as visit_detail_id,
        identified.started_at,
        identified.stopped_at,
        -- Several rows of one id: an event at a time that an earlier one covers belongs to that
        -- one.
        max(identified.stopped_at) over (
            partition by identified.person_id, identified.encounter_id
            order by identified.encounter_no
            rows between unbounded preceding and 1 preceding
        ) as claimed_until,
        cast(identified.started_at as date) as start_date,
        cast(identified.stopped_at as date) as end_date,
        identified.encounter_class,
        coalesce(encounter_classes.visit_concept_id, {{ concept('Outpatient Visit') }}) as visit_concept_id,
        identified.encounter_code,
        identified.reason_code,
        identified.payer_id,
        provider_keys.provider_id,
        care_site_keys.care_site_id,
        identified.base_encounter_cost,
        identified.payer_coverage
    from identified
    left join encounter_classes on identified.encounter_class = encounter_classes.encounter_class
    left join provider_keys on identified.provider_id = provider_keys.provider_uuid
    left join care_site_keys on identified.organization_id = care_site_keys.organization_id
)

select * from encounters
