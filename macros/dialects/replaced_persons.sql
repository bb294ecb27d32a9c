{#- The query of the change set, from the relation of the persons who changed and that of all persons: those whose rows
    the build replaces. -#}
{% macro replaced_persons(changed, persons) -%}
    {{ return(adapter.dispatch('replaced_persons', 'synthea_omop')(changed, persons)) }}
{%- endmacro %}

{% macro default__replaced_persons(changed, persons) -%}
    select
        person_id,
        patient_id
    from {{ changed }}
{%- endmacro %}

{#- A partition is the smallest part of a table that Spark replaces: with a person who changed come all the others of
    the bucket. In a full refresh everybody counts as changed. -#}
{% macro spark__replaced_persons(changed, persons) -%}
    {%- set is_all = execute and flags.WHICH in ('run', 'build') and not flags.EMPTY
        and model.resource_type != 'unit_test' and this_build().full_refresh -%}
    select
        person_id,
        patient_id
    from {{ persons }}
    {%- if not is_all %}
    where {{ person_bucket('person_id') }} in (
        select {{ person_bucket('person_id') }} from {{ changed }}
    )
    {%- endif %}
{%- endmacro %}
