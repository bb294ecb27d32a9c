{#- Synthea file -> what quality.source_checks looks at: `references` as {column of staging: [column of the file, file
    referred to]}, `dates` as {column of staging: [column of the file, the start that it may not precede, or none]}, and
    whether every export with a patient has rows in it. -#}
{% macro source_columns() -%}
    {%- set patient = {'patient_id': ['PATIENT', 'patients']} -%}
    {%- set visit = {'patient_id': ['PATIENT', 'patients'], 'encounter_id': ['ENCOUNTER', 'encounters']} -%}
    {%- set paid = {'payer_id': ['PAYER', 'payers']} -%}
    {%- set billed = {'patient_id': ['PATIENTID', 'patients'], 'encounter_id': ['APPOINTMENTID', 'encounters']} -%}
    {%- set days = {'start_date': ['START', none], 'stop_date': ['STOP', 'start_date']} -%}
    {%- set times = {'started_at': ['START', none], 'stopped_at': ['STOP', 'started_at']} -%}
    {{ return({
        'patients': {
            'dates': {'birth_date': ['BIRTHDATE', none], 'death_date': ['DEATHDATE', 'birth_date']}, 'is_always_filled': true,
        },
        'organizations': {'is_always_filled': true},
        'providers': {'references': {'organization_id': ['ORGANIZATION', 'organizations']}, 'is_always_filled': true},
        'payers': {'is_always_filled': true},
        'encounters': {
            'references': {
                'patient_id': ['PATIENT', 'patients'], 'organization_id': ['ORGANIZATION', 'organizations'],
                'provider_id': ['PROVIDER', 'providers'], 'payer_id': ['PAYER', 'payers'],
            },
            'dates': times, 'is_always_filled': true,
        },
        'conditions': {'references': visit, 'dates': days, 'is_always_filled': true},
        'allergies': {'references': visit, 'dates': days},
        'medications': {'references': dict(visit, **paid), 'dates': times},
        'immunizations': {'references': visit, 'dates': {'given_at': ['DATE', none]}},
        'procedures': {'references': visit, 'dates': times},
        'observations': {'references': visit, 'dates': {'observed_at': ['DATE', none]}, 'is_always_filled': true},
        'careplans': {'references': visit, 'dates': days},
        'devices': {'references': visit, 'dates': times},
        'supplies': {'references': visit, 'dates': {'supply_date': ['DATE', none]}},
        'imaging_studies': {'references': visit, 'dates': {'studied_at': ['DATE', none]}},
        'payer_transitions': {'references': dict(patient, **paid), 'is_always_filled': true},
        'claims': {'references': billed},
        'claims_transactions': {
            'references': dict(billed, claim_id=['CLAIMID', 'claims']), 'dates': {'item_started_at': ['FROMDATE', none]},
        },
    }) }}
{%- endmacro %}
