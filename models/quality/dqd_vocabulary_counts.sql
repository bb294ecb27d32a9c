-- One row per check of a vocabulary table: how many rows violate it, and of how many.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='cdm_table_name',
) }}
-- depends_on: {{ ref('dqd_checks') }}
{{ dqd_counts(
    ['concept', 'concept_ancestor', 'concept_class', 'concept_relationship', 'concept_synonym', 'domain', 'relationship',
    'vocabulary'],
    is_vocabulary=true,
) }}
