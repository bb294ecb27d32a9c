{#- Post-hook of the change set, in its transaction: where foreign keys stay on, the rows of the persons that the build
    replaces go out of the CDM children first, before any model writes. -#}
{% macro purge_changed_persons() -%}
    {%- if execute and keys_stay() -%}
        {{ return(adapter.dispatch('purge_changed_persons', 'synthea_omop')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__purge_changed_persons() -%}
    {{ exceptions.raise_compiler_error("no implementation of purge_changed_persons() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__purge_changed_persons() -%}
{%- endmacro %}

{% macro postgres__purge_changed_persons() -%}
    {%- set last = ['visit_detail', 'visit_occurrence', 'person'] -%}
    {%- set children = [] -%}
    {%- for key in cdm_foreign_keys() if key.is_strict and key.parent_model in last -%}
        {%- if key.model not in last and key.model not in children -%}
            {%- do children.append(key.model) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in children + last %}
    delete from {{ person_scoped_models() | selectattr('name', 'equalto', name) | map(attribute='relation_name') | first }}
    where person_id = any (array(select person_id from {{ this }}));
    {%- endfor -%}
{%- endmacro %}

{% macro spark__purge_changed_persons() -%}
{%- endmacro %}
