{#- The schema as it is configured, without a prefix: schemas have the same names on every engine. What `run --publish`
    makes on PostgreSQL lies beside it until it takes its place, under the name with the suffix that the environment gives;
    not so the keys, which the state before needs too, and the rates, which are a build of their own. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set schema = custom_schema_name | trim if custom_schema_name else target.schema -%}
    {%- set suffix = env_var('SYNTHEA_OMOP_SCHEMA_SUFFIX', '') -%}
    {%- if node.resource_type not in ('model', 'seed') or 'keys' in node.fqn or 'rates' in node.fqn
        or node.name == 'rate_units' -%}
        {%- set suffix = '' -%}
    {%- endif -%}
    {{ schema ~ suffix }}
{%- endmacro %}
