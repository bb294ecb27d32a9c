-- One row per address of a patient or an organization.
{{ config(materialized='incremental', incremental_strategy='replace_changed_rows') }}
with

addresses as (
    select * from {{ ref('int_people__addresses') }}
),

location_keys as (
    select * from {{ ref('int_keys__locations') }}
),

-- One address may be given with several pairs of coordinates: the least pair counts.
ranked as (
    select
        location_key,
        address,
        city,
        state_code,
        is_us_state,
        zip,
        county,
        latitude,
        longitude,
        row_number() over (
            partition by location_key order by latitude nulls last, longitude nulls last
        ) as coordinate_rank
    from addresses
),

location as (
    select
        location_keys.location_id,
        {{ shortened('ranked.address', 50) }} as address_1,
        cast(null as varchar(50)) as address_2,
        {{ shortened('ranked.city', 50) }} as city,
        cast(ranked.state_code as varchar(2)) as state,
        cast(ranked.zip as varchar(9)) as zip,
        {{ shortened('ranked.county', 20) }} as county,
        {{ shortened('ranked.location_key', 50) }} as location_source_value,
        case
            when ranked.is_us_state then {{ concept('United States of America') }}
        end as country_concept_id,
        cast(case when ranked.is_us_state then 'US' end as varchar(80))
            as country_source_value,
        cast(
            case when ranked.latitude between -90 and 90 then ranked.latitude end
            as {{ sql_type('double precision') }}
        ) as latitude,
        cast(
            case when ranked.longitude between -180 and 180 then ranked.longitude end
            as {{ sql_type('double precision') }}
        ) as longitude
    from ranked
    inner join location_keys on ranked.location_key = location_keys.location_key
    where ranked.coordinate_rank = 1
)

select * from location
