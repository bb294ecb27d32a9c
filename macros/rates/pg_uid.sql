{#- The published key of a provider group: md5 of slug, schema version, group id and a part that is always empty. -#}
{% macro pg_uid(payer_slug, version, provider_group_id) -%}
    md5({{ payer_slug }} || '|' || {{ version }} || '|' || {{ provider_group_id }} || '|')
{%- endmacro %}
