-- One row per row of the CDM and source row that it is made of.
{{ config(materialized='view') }}
with

traced as (
    select * from {{ ref('int_lineage__rows_traced') }}
),

cdm_row_parts as (
    select * from {{ ref('cdm_row_parts') }}
),

traced_parts as (
    select * from {{ ref('int_lineage__rows_traced') }}
),

patients as (
    select * from {{ ref('int_people__patients') }}
),

care_sites as (
    select * from {{ ref('care_site') }}
),

providers as (
    select * from {{ ref('provider') }}
),

locations as (
    select * from {{ ref('int_keys__locations') }}
),

addresses as (
    select * from {{ ref('int_people__addresses') }}
),

of_persons as (
    select
        cdm_table,
        cdm_row_id,
        person_id,
        source_file,
        encounter_id,
        record_id,
        source_code,
        started_at
    from traced
    union all
    select
        cdm_row_parts.cdm_table,
        cdm_row_parts.cdm_row_id,
        cdm_row_parts.person_id,
        traced_parts.source_file,
        traced_parts.encounter_id,
        traced_parts.record_id,
        traced_parts.source_code,
        traced_parts.started_at
    from cdm_row_parts
    inner join traced_parts
        on
            cdm_row_parts.person_id = traced_parts.person_id
            and cdm_row_parts.part_table = traced_parts.cdm_table
            and cdm_row_parts.part_id = traced_parts.cdm_row_id
),

shared as (
    select
        'care_site' as cdm_table,
        care_site_id as cdm_row_id,
        'organizations' as source_file,
        cast(care_site_source_value as {{ sql_type('uuid') }}) as record_id
    from care_sites
    union all
    select
        'provider' as cdm_table,
        provider_id as cdm_row_id,
        'providers' as source_file,
        cast(provider_source_value as {{ sql_type('uuid') }}) as record_id
    from providers
    union all
    select
        'location' as cdm_table,
        locations.location_id as cdm_row_id,
        addresses.owner_kind || 's' as source_file,
        addresses.owner_id as record_id
    from locations
    inner join addresses on locations.location_key = addresses.location_key
),

lineage as (
    select
        of_persons.cdm_table,
        of_persons.cdm_row_id,
        of_persons.person_id,
        cast(of_persons.source_file || '.csv' as {{ sql_type('text') }}) as file_name,
        patients.patient_id,
        of_persons.encounter_id,
        of_persons.record_id,
        of_persons.source_code,
        of_persons.started_at
    from of_persons
    inner join patients on of_persons.person_id = patients.person_id
    union all
    select
        cast(cdm_table as {{ sql_type('text') }}) as cdm_table,
        cast(cdm_row_id as bigint) as cdm_row_id,
        cast(null as bigint) as person_id,
        cast(source_file || '.csv' as {{ sql_type('text') }}) as file_name,
        cast(null as {{ sql_type('uuid') }}) as patient_id,
        cast(null as {{ sql_type('uuid') }}) as encounter_id,
        record_id,
        cast(null as {{ sql_type('text') }}) as source_code,
        cast(null as timestamp) as started_at
    from shared
)

select * from lineage
