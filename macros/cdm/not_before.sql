{#- An end that lies before its start becomes the start; a missing end stays missing. -#}
{% macro not_before(stop, start) -%}
    case when {{ stop }} is not null then greatest({{ stop }}, {{ start }}) end
{%- endmacro %}
