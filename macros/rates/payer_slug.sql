{#- The slug of a payer's name: small letters and digits, every run of others one hyphen, none at the ends. -#}
{% macro payer_slug(name) -%}
    trim(both '-' from {{ replaced_everywhere("lower(" ~ name ~ ")", "'[^a-z0-9]+'", "'-'") }})
{%- endmacro %}
