{#- Post-hook of a key table: each of its columns unique, so that two builds at once cannot hand out one id twice. -#}
{% macro unique_keys(columns) -%}
    {{ return(adapter.dispatch('unique_keys', 'synthea_omop')(columns)) }}
{%- endmacro %}

{% macro default__unique_keys(columns) -%}
    {%- for column in columns %}
    create unique index if not exists {{ this.identifier }}_{{ column }} on {{ this }} ({{ column }});
    {%- endfor %}
{%- endmacro %}

{#- Spark has no keys; its session, whose catalogue takes one process at a time, admits no second build. -#}
{% macro spark__unique_keys(columns) -%}
{%- endmacro %}
