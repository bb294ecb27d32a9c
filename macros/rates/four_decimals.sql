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

{#- Java rounds the shortest decimal text of a double, not its value. So the part behind the point is taken in two whole
    numbers, 30 and 37 of its bits, which hold all that can decide, and ties go to the even digit. -#}
{% macro spark__four_decimals(number) -%}
    {%- set units = "147573952589676412928" -%}
    {%- set scaled = "(cast(cast(floor(parts.x * 1073741824d) as bigint) as decimal(38, 0)) * 137438953472"
        ~ " + cast((parts.x * 1073741824d - floor(parts.x * 1073741824d)) * 137438953472d as bigint)) * 10000" -%}
    coalesce(
        case
            when abs({{ number }}) < 1e15d
                then transform(
                    transform(
                        array(struct(
                            {{ number }} < 0 as is_negative,
                            cast(floor(abs({{ number }})) as bigint) as whole,
                            abs({{ number }}) - floor(abs({{ number }})) as x
                        )),
                        parts -> struct(
                            parts.is_negative,
                            parts.whole,
                            ({{ scaled }}) div {{ units }} as tenths,
                            ({{ scaled }}) % {{ units }} as rest
                        )
                    ),
                    parts -> concat(
                        case when parts.is_negative then '-' else '' end,
                        cast(cast(
                            cast(parts.whole as decimal(20, 0)) + cast(
                                parts.tenths + case
                                    when parts.rest * 2 > {{ units }} or parts.rest * 2 = {{ units }} and parts.tenths % 2 = 1
                                        then 1
                                    else 0
                                end as decimal(10, 0)
                            ) / 10000 as decimal(24, 4)
                        ) as string)
                    )
                )[0]
            when abs({{ number }}) < 1e300d then format_string('%.4f', {{ number }})
            else lower(replace(cast({{ number }} as string), 'inity', ''))
        end,
        ''
    )
{%- endmacro %}
