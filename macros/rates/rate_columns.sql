{#- The columns of a line that make its code (`code`), describe it (`description`) or make its terms (`terms`): whatever
    tells one price from another but for provider group and rate. -#}
{% macro rate_columns(part) -%}
    {{ return({
        'code': ['billing_code_type', 'billing_code', 'billing_code_type_version'],
        'description': ['description', 'name'],
        'terms': [
            'negotiated_type', 'negotiation_arrangement', 'billing_class', 'setting', 'expiration_date',
            'service_codes', 'billing_code_modifier', 'additional_information', 'severity_of_illness', 'network_id',
            'reporting_entity_name', 'last_updated_on', 'version',
        ],
    }[part]) }}
{%- endmacro %}
