-- One row per encounter of a known patient; an id with several contents has several rows.
{{ config(materialized='incremental') }}
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

source_providers as (
    select * from {{ ref('stg_synthea__providers') }}
),

care_site_keys as (
    select * from {{ ref('int_keys__care_sites') }}
),

organizations as (
    select * from {{ ref('stg_synthea__organizations') }}
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

numbered as (
    select
        patient_id,
        encounter_id,
        organization_id,
        provider_id,
        payer_id,
        encounter_class,
        encounter_code,
        reason_code,
        started_at,
        stopped_at,
        base_encounter_cost,
        payer_coverage,
        row_number() over (
            partition by patient_id, encounter_id
            order by
                started_at, stopped_at, organization_id nulls last, provider_id nulls last,
                payer_id nulls last, encounter_class {{ bytewise() }} nulls last,
                encounter_code {{ bytewise() }} nulls last,
                encounter_description {{ bytewise() }} nulls last, base_encounter_cost nulls last,
                total_claim_cost nulls last, payer_coverage nulls last,
                reason_code {{ bytewise() }} nulls last
        ) as encounter_no
    from distinct_encounters
),

-- Keys outlive what they name: nobody can be referred to who is no longer there.
known_providers as (
    select * from provider_keys
    where provider_keys.provider_uuid in (select source_providers.provider_id from source_providers)
),

known_care_sites as (
    select * from care_site_keys
    where
        care_site_keys.organization_id
        in (select organizations.organization_id from organizations)
),

encounters as (
    select
        patients.person_id,
        numbered.patient_id,
        numbered.encounter_id,
        cast(numbered.encounter_no as integer) as encounter_no,
        {{ person_local_id(
            'numbered.started_at, numbered.stopped_at, numbered.encounter_id,
            numbered.encounter_no',
            person='patients.person_id'
        ) }} as visit_detail_id,
        numbered.started_at,
        numbered.stopped_at,
        -- Of several rows of one id the earlier ones claim the events of their time.
        max(numbered.stopped_at) over (
            partition by patients.person_id, numbered.encounter_id
            order by numbered.encounter_no
            rows between unbounded preceding and 1 preceding
        ) as claimed_until,
        cast(numbered.started_at as date) as start_date,
        cast(numbered.stopped_at as date) as end_date,
        numbered.encounter_class,
        coalesce(encounter_classes.visit_concept_id, {{ concept('Outpatient Visit') }})
            as visit_concept_id,
        numbered.encounter_code,
        numbered.reason_code,
        numbered.payer_id,
        known_providers.provider_id,
        known_care_sites.care_site_id,
        numbered.base_encounter_cost,
        numbered.payer_coverage
    from numbered
    inner join patients on numbered.patient_id = patients.patient_id
    left join encounter_classes on numbered.encounter_class = encounter_classes.encounter_class
    left join known_providers on numbered.provider_id = known_providers.provider_uuid
    left join known_care_sites on numbered.organization_id = known_care_sites.organization_id
)

select * from encounters
