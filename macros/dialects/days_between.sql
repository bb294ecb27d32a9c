{#- The days from one date to another as an integer, negative when the second comes first. -#}
{% macro days_between(start, stop) -%}
    {{ return(adapter.dispatch('days_between', 'synthea_omop')(start, stop)) }}
{%- endmacro %}

{% macro default__days_between(start, stop) -%}
    {{ return(stop ~ ' - ' ~ start) }}
{%- endmacro %}

{#- Spark's minus gives an interval. -#}
{% macro spark__days_between(start, stop) -%}
    {{ return('datediff(' ~ stop ~ ', ' ~ start ~ ')') }}
{%- endmacro %}
