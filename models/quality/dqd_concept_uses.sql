-- One row per column of the CDM, concept in it and what is checked with it: how many rows.
-- depends_on: {{ ref('dqd_checks') }}
{{ dqd_concept_uses([
    'person', 'observation_period', 'visit_occurrence', 'visit_detail', 'condition_occurrence', 'drug_exposure',
    'procedure_occurrence', 'device_exposure', 'measurement', 'observation', 'death', 'note', 'note_nlp', 'specimen',
    'fact_relationship', 'location', 'care_site', 'provider', 'payer_plan_period', 'cost', 'condition_era', 'drug_era',
    'dose_era', 'episode', 'episode_event', 'metadata', 'cdm_source', 'cohort_definition', 'drug_strength',
    'source_to_concept_map',
]) }}
