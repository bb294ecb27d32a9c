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

-- Of several rows of an id the first in the order of the columns counts, as it does everywhere.
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
        longitude,
        row_number() over (
            partition by patient_id
            order by
                birth_date nulls last,
                death_date nulls last,
                marital_status {{ bytewise() }} nulls last,
                race {{ bytewise() }} nulls last,
                ethnicity {{ bytewise() }} nulls last,
                gender {{ bytewise() }} nulls last,
                birthplace {{ bytewise() }} nulls last,
                address {{ bytewise() }} nulls last,
                city {{ bytewise() }} nulls last,
                state {{ bytewise() }} nulls last,
                county {{ bytewise() }} nulls last,
                zip {{ bytewise() }} nulls last,
                latitude nulls last,
                longitude nulls last
        ) as owner_row
    from patients
    union all
    select
        'organization' as owner_kind,
        organization_id as owner_id,
        address,
        city,
        state,
        cast(null as {{ sql_type('text') }}) as county,
        zip,
        latitude,
        longitude,
        row_number() over (
            partition by organization_id
            order by
                organization_name {{ bytewise() }} nulls last,
                address {{ bytewise() }} nulls last,
                city {{ bytewise() }} nulls last,
                state {{ bytewise() }} nulls last,
                zip {{ bytewise() }} nulls last,
                latitude nulls last,
                longitude nulls last
        ) as owner_row
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
        -- Two letters that are no US state stay, for what they are worth.
        coalesce(
            states.state_code,
            case when length(trim(owners.state)) = 2 then upper(trim(owners.state)) end
        ) as state_code,
        states.state_code is not null as is_us_state,
        -- 00000 is Synthea's way to say that the place has no known ZIP.
        nullif(
            nullif(left({{ replaced_everywhere('owners.zip', "'[^0-9]'", "''") }}, 9), ''), '00000'
        ) as zip
    from owners
    left join states on lower(trim(owners.state)) = states.state_name
    where owners.owner_row = 1
),

addresses as (
    select
        owner_kind,
        owner_id,
        address || '|' || city || '|' || coalesce(state_code, '') || '|' || coalesce(zip, '')
        || '|' || county as location_key,
        nullif(address, '') as address,
        nullif(city, '') as city,
        state_code,
        is_us_state,
        zip,
        nullif(county, '') as county,
        latitude,
        longitude
    from cleaned
)

select * from addresses
