{#- The slug of a payer's name: small letters and digits, every run of others one hyphen, none at the ends. -#}
{% macro payer_slug(name) -%}
    trim(regexp_replace(lower({{ name }}), '[^a-z0-9]+', '-', 'g'), '-')
{%- endmacro %}
