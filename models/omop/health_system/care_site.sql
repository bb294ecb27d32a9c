-- One row per organization.
{{ config(materialized='incremental', incremental_strategy='replace_changed_rows') }}
with

organizations as (
    select * from {{ ref('stg_synthea__organizations') }}
),

care_site_keys as (
    select * from {{ ref('int_keys__care_sites') }}
),

addresses as (
    select * from {{ ref('int_people__addresses') }}
),

location_keys as (
    select * from {{ ref('int_keys__locations') }}
),

encounters as (
    select * from {{ ref('int_visits__encounters') }}
),

places_of_service as (
    select * from {{ ref('place_of_service_order') }}
),

named as (
    select
        organization_id,
        min(organization_name {{ bytewise() }}) as organization_name
    from organizations
    group by organization_id
),

homes as (
    select
        addresses.owner_id as organization_id,
        min(location_keys.location_id) as location_id
    from addresses
    inner join location_keys on addresses.location_key = location_keys.location_key
    where addresses.owner_kind = 'organization'
    group by addresses.owner_id
),

served as (
    select
        encounters.care_site_id,
        encounters.visit_concept_id,
        min(encounters.encounter_class) as encounter_class,
        row_number() over (
            partition by encounters.care_site_id
            order by
                count(*) desc,
                min(places_of_service.tie_order) nulls last,
                encounters.visit_concept_id
        ) as choice
    from encounters
    left join places_of_service on encounters.visit_concept_id = places_of_service.concept_id
    group by encounters.care_site_id, encounters.visit_concept_id
),

-- Grouped, not filtered: PostgreSQL takes `choice = 1` for one row and counts the encounters anew
-- for every site.
services as (
    select
        care_site_id,
        max(case when choice = 1 then visit_concept_id end) as visit_concept_id,
        max(case when choice = 1 then encounter_class end) as encounter_class
    from served
    group by care_site_id
),

care_site as (
    select
        care_site_keys.care_site_id,
        {{ shortened('named.organization_name', 255) }} as care_site_name,
        cast(services.visit_concept_id as integer) as place_of_service_concept_id,
        homes.location_id,
        cast(named.organization_id as varchar(50)) as care_site_source_value,
        {{ shortened('services.encounter_class', 50) }} as place_of_service_source_value
    from named
    inner join care_site_keys on named.organization_id = care_site_keys.organization_id
    left join homes on named.organization_id = homes.organization_id
    left join services on care_site_keys.care_site_id = services.care_site_id
)

select * from care_site
