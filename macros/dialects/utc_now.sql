{#- The time in UTC, without a zone. -#}
{% macro utc_now() -%}
    {{ return(adapter.dispatch('utc_now', 'synthea_omop')()) }}
{%- endmacro %}

{% macro default__utc_now() -%}
    {{ return("cast(now() at time zone 'utc' as timestamp)") }}
{%- endmacro %}

{#- The session's zone is UTC: see profiles.yml. -#}
{% macro spark__utc_now() -%}
    {{ return("cast(current_timestamp() as timestamp_ntz)") }}
{%- endmacro %}
