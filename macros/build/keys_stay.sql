{#- Whether this build leaves foreign keys on: few patients changed, and all person-scoped models are built, since one
    alone would take away rows that the others refer to. A retry, which knows of no selection, goes on as the build did
    that it repeats. -#}
{% macro keys_stay() -%}
    {%- set unselected = person_scoped_models() | map(attribute='unique_id') | reject('in', selected_resources) | list -%}
    {{ return(not (unselected and selected_resources) and is_small_build()) }}
{%- endmacro %}
