{#- A type by the name that contracts and casts here have for it, as the engine calls it. -#}
{% macro sql_type(name) -%}
    {{ return(adapter.dispatch('sql_type', 'synthea_omop')(name)) }}
{%- endmacro %}

{% macro default__sql_type(name) -%}
    {{ return(name) }}
{%- endmacro %}

{#- Spark has no uuid, and no text but strings without a limit: a test looks at the lengths that contracts name. -#}
{% macro spark__sql_type(name) -%}
    {{ return({
        'text': 'string',
        'text[]': 'array<string>',
        'uuid': 'string',
        'double precision': 'double',
        'timestamp': 'timestamp_ntz',
    }.get(name, 'string' if name.startswith('varchar') else name)) }}
{%- endmacro %}
