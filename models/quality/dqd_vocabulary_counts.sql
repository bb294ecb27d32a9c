-- One row per check of a vocabulary table: how many rows violate it, and of how many.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='cdm_table_name',
) }}
-- depends_on: {{ ref('dqd_checks') }}
-- depends_on: {{ ref('stg_etl__load_batches') }}
{%- set batch = dqd_vocabulary_to_count() %}
{%- set cdm = dqd_checks_present(
    ['concept', 'concept_ancestor', 'concept_class', 'concept_relationship', 'concept_synonym',
    'domain', 'relationship', 'vocabulary'],
    is_wanted=batch is not none,
) %}
{%- if not cdm.checks %}
    {{ no_rows() }}
{%- else %}
with

{{ dqd_counts_of_tables(cdm, is_vocabulary=true) }}

dqd_vocabulary_counts as (
    select
        cast(check_name as {{ sql_type('text') }}) as check_name,
        cast(cdm_table_name as {{ sql_type('text') }}) as cdm_table_name,
        cast(cdm_field_name as {{ sql_type('text') }}) as cdm_field_name,
        cast(sum(violated_rows) as bigint) as violated_rows,
        cast(sum(denominator_rows) as bigint) as denominator_rows,
        cast({{ batch }} as bigint) as vocabulary_batch_id
    from counts
    group by check_name, cdm_table_name, cdm_field_name
)

select * from dqd_vocabulary_counts
{%- endif %}
