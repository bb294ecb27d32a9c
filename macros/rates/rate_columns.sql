{#- The columns of a line that make its code (`code`), describe it (`description`) or make its terms: as they are spelled
    (`terms`), or with their lists read (`meaning`), which is whatever tells one price from another but for code,
    provider group and rate. -#}
{% macro rate_columns(part) -%}
    {%- set verbatim = [
        'negotiated_type', 'negotiation_arrangement', 'billing_class', 'setting', 'expiration_date',
        'additional_information', 'severity_of_illness', 'network_id', 'reporting_entity_name', 'last_updated_on',
        'version',
    ] -%}
    {{ return({
        'code': ['billing_code_type', 'billing_code', 'billing_code_type_version'],
        'description': ['description', 'name'],
        'terms': verbatim + ['service_codes', 'billing_code_modifier'],
        'meaning': verbatim + ['pos_members', 'modifiers'],
    }[part]) }}
{%- endmacro %}
