-- One row per patient or organization with its address.
{{ config(materialized='view') }}
with

patients as (
    select * from {{ ref('stg_synthea__patients') }}
),

organizations as (
    select * from {{ ref('stg_synthea__organizations') }}
),

states as (
    select * from {{ ref('state_codes') }}
),

owners as (
    select
        'patient' as owner_kind,
        patient_id as owner_id,
        address,
        city,
        state,
        county,
        zip,
        latitude,
        longitude
    from patients
    union all
    select
        'organization' as owner_kind,
        organization_id as owner_id,
        address,
        city,
        state,
        cast(null as text) as county,
        zip,
        latitude,
        longitude
    from organizations
),

cleaned as (
    select
        owners.owner_kind,
        owners.owner_id,
        owners.latitude,
        owners.longitude,
        trim(coalesce(owners.address, '')) as address,
        trim(coalesce(owners.city, '')) as city,
        trim(coalesce(owners.county, '')) as county,
        states.state_code,
        -- 00000 is Synthea's way to say that the place has no known ZIP.
        nullif(nullif(left(regexp_replace(owners.zip, '[^0-9]', '', 'g'), 9), ''), '00000') as zip
    from owners
    left join states on lower(trim(owners.state)) = states.state_name
),

addresses as (
    select
        owner_kind,
        owner_id,
        address || '|' || city || '|' || coalesce(state_code, '') || '|' || coalesce(zip, '') || '|' || county
            as location_key,
        nullif(address, '') as address,
        nullif(city, '') as city,
        state_code,
        zip,
        nullif(county, '') as county,
        latitude,
        longitude
    from cleaned
)

select * from addresses
