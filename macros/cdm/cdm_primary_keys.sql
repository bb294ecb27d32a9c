{#- Primary key of each CDM table that is built here. Those that are not listed have none. -#}
{% macro cdm_primary_keys() -%}
    {{ return({
        'person': 'person_id',
        'location': 'location_id',
        'care_site': 'care_site_id',
        'provider': 'provider_id',
        'observation_period': 'observation_period_id',
        'visit_occurrence': 'visit_occurrence_id',
        'visit_detail': 'visit_detail_id',
        'condition_occurrence': 'condition_occurrence_id',
        'drug_exposure': 'drug_exposure_id',
        'procedure_occurrence': 'procedure_occurrence_id',
        'device_exposure': 'device_exposure_id',
        'measurement': 'measurement_id',
        'observation': 'observation_id',
        'note': 'note_id',
        'note_nlp': 'note_nlp_id',
        'specimen': 'specimen_id',
        'payer_plan_period': 'payer_plan_period_id',
        'cost': 'cost_id',
        'condition_era': 'condition_era_id',
        'drug_era': 'drug_era_id',
        'dose_era': 'dose_era_id',
        'episode': 'episode_id',
        'metadata': 'metadata_id',
    }) }}
{%- endmacro %}
