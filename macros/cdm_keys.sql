{#- Primary key of each CDM table that is built here. death and cdm_source have none. -#}
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
        'payer_plan_period': 'payer_plan_period_id',
        'cost': 'cost_id',
        'condition_era': 'condition_era_id',
        'drug_era': 'drug_era_id',
    }) }}
{%- endmacro %}

{#- The columns that the CDM wants indexed, one index each, for every CDM table that is built here. -#}
{% macro cdm_indexes() -%}
    {{ return({
        'person': ['person_id', 'gender_concept_id'],
        'location': ['location_id'],
        'care_site': ['care_site_id'],
        'provider': ['provider_id'],
        'observation_period': ['person_id'],
        'visit_occurrence': ['person_id', 'visit_concept_id'],
        'visit_detail': ['person_id', 'visit_detail_concept_id', 'visit_occurrence_id'],
        'condition_occurrence': ['person_id', 'condition_concept_id', 'visit_occurrence_id'],
        'drug_exposure': ['person_id', 'drug_concept_id', 'visit_occurrence_id'],
        'procedure_occurrence': ['person_id', 'procedure_concept_id', 'visit_occurrence_id'],
        'device_exposure': ['person_id', 'device_concept_id', 'visit_occurrence_id'],
        'measurement': ['person_id', 'measurement_concept_id', 'visit_occurrence_id'],
        'observation': ['person_id', 'observation_concept_id', 'visit_occurrence_id'],
        'death': ['person_id'],
        'payer_plan_period': ['person_id'],
        'cost': ['cost_event_id'],
        'condition_era': ['person_id', 'condition_concept_id'],
        'drug_era': ['person_id', 'drug_concept_id'],
        'cdm_source': [],
    }) }}
{%- endmacro %}
