{#- A double as the shortest text that is read back as the same double, without a decimal point for whole numbers; empty
    for NULL. -#}
{% macro exact_text(number) -%}
    {{ return(adapter.dispatch('exact_text', 'synthea_omop')(number)) }}
{%- endmacro %}

{% macro default__exact_text(number) -%}
    {{ exceptions.raise_compiler_error("no implementation of exact_text() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__exact_text(number) -%}
    coalesce(
        case
            when {{ number }} = trunc({{ number }}) and abs({{ number }}) < 1e15
                then cast(cast({{ number }} as bigint) as text)
            else cast({{ number }} as text)
        end,
        ''
    )
{%- endmacro %}

{% macro postgres__exact_text(number) -%}
    coalesce(cast({{ number }} as text), '')
{%- endmacro %}
