{#- Whether a text is a National Provider Identifier: ten digits, the first 1 or 2, the last one by Luhn's rule over the
    number with the prefix 80840, whose own digits come to 24. False for NULL. -#}
{% macro is_valid_npi(text) -%}
    coalesce(
        case
            when {{ matches(text, "'[12][0-9]{9}'") }}
                then (
                    24
                    {%- for position in range(1, 11) %}
                    {%- set digit = "substr(" ~ text ~ ", " ~ position ~ ", 1)" %}
                    {%- if position % 2 %}
                    + cast(substr('0246813579', cast({{ digit }} as integer) + 1, 1) as integer)
                    {%- else %}
                    + cast({{ digit }} as integer)
                    {%- endif %}
                    {%- endfor %}
                ) % 10 = 0
        end,
        false
    )
{%- endmacro %}
