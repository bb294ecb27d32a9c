{#- The seconds from a time in UTC until now. -#}
{% macro seconds_since(started_at) -%}
    {{ return(adapter.dispatch('seconds_since', 'synthea_omop')(started_at)) }}
{%- endmacro %}

{% macro default__seconds_since(started_at) -%}
    cast(extract(epoch from {{ utc_now() }} - {{ started_at }}) as double precision)
{%- endmacro %}

{% macro spark__seconds_since(started_at) -%}
    timestampdiff(microsecond, {{ started_at }}, {{ utc_now() }}) / 1000000d
{%- endmacro %}
