{#- The table that a column of a CDM table refers to, by that table's key `<table>_id`; none for a column that is no
    foreign key of CDM 5.4. The CDM names its columns so regularly that a list of 176 keys is not needed; a test holds
    the rule against the official list. -#}
{% macro cdm_reference(table, column) -%}
    {%- set referenced = {
        'person_id': 'person',
        'location_id': 'location',
        'care_site_id': 'care_site',
        'provider_id': 'provider',
        'visit_occurrence_id': 'visit_occurrence',
        'preceding_visit_occurrence_id': 'visit_occurrence',
        'visit_detail_id': 'visit_detail',
        'preceding_visit_detail_id': 'visit_detail',
        'parent_visit_detail_id': 'visit_detail',
        'episode_id': 'episode',
        'domain_id': 'domain',
        'cost_domain_id': 'domain',
        'vocabulary_id': 'vocabulary',
        'target_vocabulary_id': 'vocabulary',
        'concept_class_id': 'concept_class',
        'relationship_id': 'relationship',
    } -%}
    {%- if column == table ~ '_id' -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return('concept' if 'concept_id' in column else referenced.get(column)) }}
{%- endmacro %}
