-- One row per provider id of providers.csv.
{{ config(materialized='incremental', incremental_strategy='replace_changed_rows') }}
with

source_providers as (
    select * from {{ ref('stg_synthea__providers') }}
),

provider_keys as (
    select * from {{ ref('int_keys__providers') }}
),

care_site_keys as (
    select * from {{ ref('int_keys__care_sites') }}
),

organizations as (
    select * from {{ ref('stg_synthea__organizations') }}
),

genders as (
    select * from {{ ref('gender_concepts') }}
),

specialties as (
    select * from {{ ref('int_vocabulary__specialties') }}
),

-- v2.5 and v3.1 write provider ids more than once, with different people: the busiest counts.
ranked as (
    select
        provider_id as provider_uuid,
        organization_id,
        provider_name,
        gender,
        specialty,
        npi,
        row_number() over (
            partition by provider_id
            order by
                encounter_count desc nulls last,
                organization_id nulls last,
                provider_name {{ bytewise() }} nulls last,
                specialty {{ bytewise() }} nulls last,
                gender {{ bytewise() }} nulls last
        ) as provider_row
    from source_providers
),

-- Keys outlive what they name: nobody works at an organization that is no longer there.
known_care_sites as (
    select * from care_site_keys
    where
        care_site_keys.organization_id
        in (select organizations.organization_id from organizations)
),

provider as (
    select
        provider_keys.provider_id,
        {{ shortened('ranked.provider_name', 255) }} as provider_name,
        {{ shortened('ranked.npi', 20) }} as npi,
        cast(null as varchar(20)) as dea,
        {{ concept_or_none('specialties.specialty_concept_id') }} as specialty_concept_id,
        known_care_sites.care_site_id,
        cast(null as integer) as year_of_birth,
        {{ concept_or_none('genders.concept_id') }} as gender_concept_id,
        cast(ranked.provider_uuid as varchar(50)) as provider_source_value,
        {{ shortened('ranked.specialty', 50) }} as specialty_source_value,
        {{ concept('No matching concept') }} as specialty_source_concept_id,
        {{ shortened('ranked.gender', 50) }} as gender_source_value,
        {{ concept('No matching concept') }} as gender_source_concept_id
    from ranked
    inner join provider_keys on ranked.provider_uuid = provider_keys.provider_uuid
    left join known_care_sites on ranked.organization_id = known_care_sites.organization_id
    left join genders on lower(trim(ranked.gender)) = genders.source_value
    left join specialties on upper(trim(ranked.specialty)) = specialties.specialty
    where ranked.provider_row = 1
)

select * from provider
