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
        'United States of America': {'id': 4330442, 'domain': 'Geography'},
        'United States dollar': {'id': 44818668, 'domain': 'Currency'},
        'OMOP CDM Version 5.4.0': {'id': 756265, 'domain': 'Metadata'},
    }) }}
{%- endmacro %}
