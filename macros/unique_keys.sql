{#- Post-hook of a key table: each of its columns unique, so that two builds at once cannot hand out one id twice. -#}
{% macro unique_keys(columns) -%}
    {%- for column in columns %}
    create unique index if not exists {{ this.identifier }}_{{ column }} on {{ this }} ({{ column }});
    {%- endfor %}
{%- endmacro %}
