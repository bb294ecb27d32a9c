-- One row per check of a vocabulary table: how many rows violate it, and of how many.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='cdm_table_name',
) }}
-- depends_on: {{ ref('dqd_checks') }}
-- depends_on: {{ ref('stg_etl__load_batches') }}
{%- set batch = dqd_vocabulary_to_count() %}
{%- set cdm = dqd_scans(
    ['concept', 'concept_ancestor', 'concept_class', 'concept_relationship', 'concept_synonym',
    'domain', 'relationship', 'vocabulary'],
    is_wanted=batch is not none,
    is_vocabulary=true,
) %}
with

{{ dqd_counts_of_tables(cdm) }}

dqd_vocabulary_counts as (
    select
        cast(split_part(label, '.', 1) as {{ sql_type('text') }}) as check_name,
        cast(split_part(label, '.', 2) as {{ sql_type('text') }}) as cdm_table_name,
        cast(split_part(label, '.', 3) as {{ sql_type('text') }}) as cdm_field_name,
        cast(sum(violated_rows) as bigint) as violated_rows,
        cast(sum(denominator_rows) as bigint) as denominator_rows,
        cast({{ batch or 0 }} as bigint) as vocabulary_batch_id
    from table_counts
    group by label
)

select * from dqd_vocabulary_counts
