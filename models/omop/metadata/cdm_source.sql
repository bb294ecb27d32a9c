-- One row: what this CDM was made from, and when.
with

batches as (
    select * from {{ ref('stg_etl__load_batches') }}
),

spans as (
    select * from {{ ref('int_people__spans') }}
),

vocabularies as (
    select * from {{ ref('stg_vocabulary__vocabularies') }}
),

last_event as (
    select max(last_date) as last_date from spans
),

last_load as (
    select max(finished_at) as finished_at from batches
),

release as (
    select max(vocabulary_version) as vocabulary_version
    from vocabularies
    where vocabulary_id = 'None'
),

cdm_source as (
    select
        cast('Synthea synthetic patients' as varchar(255)) as cdm_source_name,
        cast('Synthea' as varchar(25)) as cdm_source_abbreviation,
        cast('synthea-omop' as varchar(255)) as cdm_holder,
        cast(
            'Synthetic patients of a Synthea CSV export; no row is about a real person.'
            as {{ sql_type('text') }}
        )
            as source_description,
        cast(
            'https://github.com/synthetichealth/synthea/wiki/CSV-File-Data-Dictionary'
            as varchar(255)
        ) as source_documentation_reference,
        cast('synthea-omop 0.1.0' as varchar(255)) as cdm_etl_reference,
        coalesce(last_event.last_date, cast(last_load.finished_at as date)) as source_release_date,
        cast(last_load.finished_at as date) as cdm_release_date,
        cast('5.4' as varchar(10)) as cdm_version,
        {{ concept('OMOP CDM Version 5.4.0') }} as cdm_version_concept_id,
        {{ shortened("coalesce(release.vocabulary_version, 'unknown')", 20) }} as vocabulary_version
    from last_load
    cross join last_event
    cross join release
    -- There is nothing to tell before the first load, and in an --empty build.
    where last_load.finished_at is not null
)

select * from cdm_source
