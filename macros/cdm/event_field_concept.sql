{#- The concept of the field that holds a row's id, as obs_event_field_concept_id wants it, from an expression that gives
    the row's CDM table. -#}
{% macro event_field_concept(cdm_table) -%}
    case {{ cdm_table }}
    {%- for table in ['condition_occurrence', 'device_exposure', 'drug_exposure', 'measurement', 'observation',
        'procedure_occurrence'] %}
        when '{{ table }}' then {{ concept(table ~ '.' ~ table ~ '_id') }}
    {%- endfor %}
    end
{%- endmacro %}
