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

{#- Java's text is `1.25E7`; the others' is `12500000`, and `1.25e-05` and `1.25e+16` where it is that short. -#}
{% macro spark__exact_text(number) -%}
    {%- set text = "cast(" ~ number ~ " as string)" -%}
    {%- set exponent = "cast(split(" ~ text ~ ", 'E')[1] as int)" -%}
    coalesce(
        case
            when {{ number }} = floor({{ number }}) and abs({{ number }}) < 1e15d
                then cast(cast({{ number }} as bigint) as string)
            when abs({{ number }}) >= 1e-4d and abs({{ number }}) < 1e15d
                then regexp_replace(cast(cast({{ text }} as decimal(38, 22)) as string), '0+$', '')
            when {{ text }} like '%E%'
                then concat(
                    regexp_replace(split({{ text }}, 'E')[0], '[.]0$', ''),
                    case when {{ exponent }} < 0 then 'e-' else 'e+' end,
                    lpad(cast(abs({{ exponent }}) as string), greatest(2, length(abs({{ exponent }}))), '0')
                )
            else lower(replace({{ text }}, 'inity', ''))
        end,
        ''
    )
{%- endmacro %}
