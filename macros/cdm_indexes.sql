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
        'fact_relationship': ['domain_concept_id_1', 'domain_concept_id_2', 'relationship_concept_id'],
        'cdm_source': [],
    }) }}
{%- endmacro %}
