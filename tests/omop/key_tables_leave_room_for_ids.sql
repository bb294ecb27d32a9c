-- The number of a person times 2^20 stays below 2^53, up to which a double is exact, and so do the
-- other keys.
with

persons as (
    select * from {{ ref('int_keys__persons') }}
),

locations as (
    select * from {{ ref('int_keys__locations') }}
),

care_sites as (
    select * from {{ ref('int_keys__care_sites') }}
),

providers as (
    select * from {{ ref('int_keys__providers') }}
),

keys as (
    select
        'person' as kind,
        person_id as id,
        8589934591 as highest
    from persons
    union all
    select
        'location' as kind,
        location_id as id,
        9007199254740991 as highest
    from locations
    union all
    select
        'care site' as kind,
        care_site_id as id,
        9007199254740991 as highest
    from care_sites
    union all
    select
        'provider' as kind,
        provider_id as id,
        9007199254740991 as highest
    from providers
),

out_of_range as (
    select
        kind,
        id
    from keys
    where id < 1 or id > highest
)

select * from out_of_range
