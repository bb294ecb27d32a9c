-- One row per check of a table of events: how many rows violate it, and of how many.
-- depends_on: {{ ref('dqd_checks') }}
{{ dqd_counts(
    ['condition_occurrence', 'drug_exposure', 'procedure_occurrence', 'device_exposure', 'measurement', 'observation',
    'specimen', 'note', 'note_nlp'],
    parents=['visit_occurrence', 'visit_detail', 'provider'],
) }}
