-- One row per check of any other table of the CDM: how many rows violate it, and of how many.
-- depends_on: {{ ref('dqd_checks') }}
{{ dqd_counts(
    ['person', 'observation_period', 'visit_occurrence', 'visit_detail', 'death', 'fact_relationship', 'location',
    'care_site', 'provider', 'payer_plan_period', 'cost', 'condition_era', 'drug_era', 'dose_era', 'episode',
    'episode_event', 'metadata', 'cdm_source', 'cohort', 'cohort_definition', 'drug_strength', 'source_to_concept_map'],
    parents=['domain', 'vocabulary', 'condition_occurrence'],
) }}
