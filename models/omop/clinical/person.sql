-- One row per patient.
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

addresses as (
    select * from {{ ref('int_people__addresses') }}
    where owner_kind = 'patient'
),

location_keys as (
    select * from {{ ref('int_keys__locations') }}
),

genders as (
    select * from {{ ref('gender_concepts') }}
),

races as (
    select * from {{ ref('race_concepts') }}
),

ethnicities as (
    select * from {{ ref('ethnicity_concepts') }}
),

homes as (
    select
        addresses.owner_id as patient_id,
        location_keys.location_id
    from addresses
    inner join location_keys on addresses.location_key = location_keys.location_key
),

-- Who a person sees for check-ups is the nearest thing to a general practitioner. A death
-- certificate is written by a wellness encounter too.
check_ups as (
    select
        person_id,
        provider_id,
        care_site_id,
        row_number() over (
            partition by person_id order by started_at desc, encounter_id desc, encounter_no desc
        ) as recency
    from encounters
    where encounter_class = 'wellness' and coalesce(encounter_code, '') <> '308646001'
),

person as (
    select
        patients.person_id,
        {{ concept_or_none('genders.concept_id') }} as gender_concept_id,
        cast(extract(year from patients.birth_date) as integer) as year_of_birth,
        cast(extract(month from patients.birth_date) as integer) as month_of_birth,
        cast(extract(day from patients.birth_date) as integer) as day_of_birth,
        cast(patients.birth_date as timestamp) as birth_datetime,
        {{ concept_or_none('races.concept_id') }} as race_concept_id,
        {{ concept_or_none('coalesce(ethnicities.concept_id, ethnicities_in_race.concept_id)') }}
            as ethnicity_concept_id,
        homes.location_id,
        check_ups.provider_id,
        check_ups.care_site_id,
        cast(patients.patient_id as varchar(50)) as person_source_value,
        {{ shortened('patients.gender', 50) }} as gender_source_value,
        {{ concept('No matching concept') }} as gender_source_concept_id,
        {{ shortened('patients.race', 50) }} as race_source_value,
        {{ concept('No matching concept') }} as race_source_concept_id,
        {{ shortened('patients.ethnicity', 50) }} as ethnicity_source_value,
        {{ concept('No matching concept') }} as ethnicity_source_concept_id
    from patients
    left join homes on patients.patient_id = homes.patient_id
    left join genders on lower(trim(patients.gender)) = genders.source_value
    left join races on lower(trim(patients.race)) = races.source_value
    left join ethnicities on lower(trim(patients.ethnicity)) = ethnicities.source_value
    left join ethnicities as ethnicities_in_race
        on lower(trim(patients.race)) = ethnicities_in_race.source_value
    left join check_ups
        on
            patients.person_id = check_ups.person_id
            and check_ups.recency = 1
)

select * from person
