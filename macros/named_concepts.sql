{#- Concept name -> id and domain, as the vocabulary spells them; tests/omop/named_concepts_are_standard.sql holds each
    against the loaded vocabulary. -#}
{% macro named_concepts() -%}
    {{ return({
        'No matching concept': {'id': 0, 'domain': 'Metadata'},
        'EHR': {'id': 32817, 'domain': 'Type Concept'},
        'EHR administration record': {'id': 32818, 'domain': 'Type Concept'},
        'EHR encounter record': {'id': 32827, 'domain': 'Type Concept'},
        'EHR prescription': {'id': 32838, 'domain': 'Type Concept'},
        'EHR problem list': {'id': 32840, 'domain': 'Type Concept'},
        'Lab': {'id': 32856, 'domain': 'Type Concept'},
        'Patient self-report': {'id': 32865, 'domain': 'Type Concept'},
        'Standard algorithm from EHR': {'id': 32882, 'domain': 'Type Concept'},
        'Cost record': {'id': 32814, 'domain': 'Type Concept'},
        'Inpatient Visit': {'id': 9201, 'domain': 'Visit'},
        'Outpatient Visit': {'id': 9202, 'domain': 'Visit'},
        'Emergency Room and Inpatient Visit': {'id': 262, 'domain': 'Visit'},
        'Primary diagnosis': {'id': 32902, 'domain': 'Condition Status'},
        'Allergic disposition': {'id': 43530807, 'domain': 'Observation'},
        'History of event': {'id': 1340204, 'domain': 'Observation'},
        'Country of birth': {'id': 4155450, 'domain': 'Observation'},
        'Has reason': {'id': 4165917, 'domain': 'Relationship'},
        'condition_occurrence.condition_occurrence_id': {'id': 1147127, 'domain': 'Metadata'},
        'device_exposure.device_exposure_id': {'id': 1147115, 'domain': 'Metadata'},
        'drug_exposure.drug_exposure_id': {'id': 1147094, 'domain': 'Metadata'},
        'measurement.measurement_id': {'id': 1147138, 'domain': 'Metadata'},
        'observation.observation_id': {'id': 1147165, 'domain': 'Metadata'},
        'procedure_occurrence.procedure_occurrence_id': {'id': 1147082, 'domain': 'Metadata'},
        'United States of America': {'id': 4330442, 'domain': 'Geography'},
        'United States dollar': {'id': 44818668, 'domain': 'Currency'},
        'OMOP CDM Version 5.4.0': {'id': 756265, 'domain': 'Metadata'},
    }) }}
{%- endmacro %}
