{#- The condition that a row is of a person of the change set: `column` holds what the set calls `key`. -#}
{% macro in_changed_persons(column, key) -%}
    {%- set changed = ref('int_changes__persons') -%}
    {{ return(adapter.dispatch('in_changed_persons', 'synthea_omop')(column, key, changed)) }}
{%- endmacro %}

{% macro default__in_changed_persons(column, key, changed) -%}
    {{ return(column ~ ' in (select ' ~ key ~ ' from ' ~ changed ~ ')') }}
{%- endmacro %}

{#- PostgreSQL takes no join into a view that has a WITH, and reads the whole table under it. An array it does take
    there, as far as an index; of one that is large it would still think that it holds ten. -#}
{% macro postgres__in_changed_persons(column, key, changed) -%}
    {%- if is_small_build() -%}
        {{ return(column ~ ' = any (array(select ' ~ key ~ ' from ' ~ changed ~ '))') }}
    {%- endif -%}
    {{ return(synthea_omop.default__in_changed_persons(column, key, changed)) }}
{%- endmacro %}
