-- One row per person whose rows this build replaces.
{{ config(materialized='table', post_hook='{{ purge_changed_persons() }}') }}
with

changes as (
    select * from {{ source('etl', 'patient_change') }}
),

builds as (
    select * from {{ source('etl', 'build') }}
),

person_keys as (
    select * from {{ ref('int_keys__persons') }}
),

-- A build that did not bring every person-scoped model to its end consumed nothing.
consumed as (
    select coalesce(max(upto_change_id), 0) as upto_change_id
    from builds
    where outcome in ('done', 'untested', 'failing')
),

pending as (
    select distinct changes.patient_id
    from changes
    inner join consumed on changes.change_id > consumed.upto_change_id
),

changed as (
    select
        person_keys.person_id,
        person_keys.patient_id
    from pending
    inner join person_keys on pending.patient_id = person_keys.patient_id
),

persons as (
    {{ replaced_persons('changed', 'person_keys') }}
)

select * from persons
