-- One row per check of a CDM table or column counted in its rows: how many violate it, of how many.
-- depends_on: {{ ref('dqd_checks') }}
{%- set cdm = dqd_scans(
    ['person', 'observation_period', 'visit_occurrence', 'visit_detail', 'condition_occurrence',
    'drug_exposure', 'procedure_occurrence', 'device_exposure', 'measurement', 'observation', 'death',
    'note', 'note_nlp', 'specimen', 'fact_relationship', 'location', 'care_site', 'provider',
    'payer_plan_period', 'cost', 'condition_era', 'drug_era', 'dose_era', 'episode', 'episode_event',
    'metadata', 'cdm_source', 'cohort', 'cohort_definition', 'drug_strength', 'source_to_concept_map'],
    parents=['domain', 'vocabulary'],
) %}
with

{{ dqd_person_facts(cdm.relations) if 'person' in cdm.present and 'death' in cdm.present }}
{{ dqd_counts_of_tables(cdm) }}
{{ dqd_counts_of_persons(cdm) }}

counts as (
    select * from table_counts
    union all
    select * from person_counts
),

-- What was counted of a check in two places is added up.
dqd_table_counts as (
    select
        cast(split_part(label, '.', 1) as {{ sql_type('text') }}) as check_name,
        cast(split_part(label, '.', 2) as {{ sql_type('text') }}) as cdm_table_name,
        cast(nullif(split_part(label, '.', 3), '') as {{ sql_type('text') }}) as cdm_field_name,
        cast(sum(violated_rows) as bigint) as violated_rows,
        cast(sum(denominator_rows) as bigint) as denominator_rows
    from counts
    group by label
)

select * from dqd_table_counts
