{#- A double with exactly four decimals as text, rounded from its binary value as the published keys have it (2.00005 is
    2.0000); empty for NULL. A cast to an exact decimal would round some values otherwise. -#}
{% macro four_decimals(number) -%}
    {{ return(adapter.dispatch('four_decimals', 'synthea_omop')(number)) }}
{%- endmacro %}

{% macro default__four_decimals(number) -%}
    {{ exceptions.raise_compiler_error("no implementation of four_decimals() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__four_decimals(number) -%}
    coalesce(printf('%.4f', {{ number }}), '')
{%- endmacro %}

{#- to_char() writes a double with fifteen digits at most: larger rates go by their exact decimal value. -#}
{% macro postgres__four_decimals(number) -%}
    coalesce(
        case
            when abs({{ number }}) < 1e10 then to_char({{ number }}, 'FM9999999990.0000')
            when abs({{ number }}) < 1e300 then to_char(cast({{ number }} as numeric), 'FM99999999999999999990.0000')
            else lower(replace(cast({{ number }} as text), 'inity', ''))
        end,
        ''
    )
{%- endmacro %}
