{#- The date that a text is in one of the spellings of price-transparency files (Y-m-d, Y/m/d, Ymd, an ISO time, and
    without a day, which is then the first); NULL for any other text, days that do not exist among them. -#}
{% macro date_or_null(text) -%}
    {%- set month = '(0[1-9]|1[0-2])' -%}
    {%- set day = '(0[1-9]|[12][0-9]|3[01])' -%}
    {%- set spellings = [
        '(-' ~ month ~ '(-' ~ day ~ '([T ].*)?)?)', '(/' ~ month ~ '(/' ~ day ~ ')?)', '(' ~ month ~ day ~ '?)',
    ] -%}
    {%- set digits = "replace(replace(left(" ~ text ~ ", 10), '-', ''), '/', '')" -%}
    {%- set first = "cast(substr(" ~ digits ~ ", 1, 4) || '-' || substr(" ~ digits ~ ", 5, 2) || '-01' as date)" -%}
    {%- set days = "cast(substr(" ~ digits ~ " || '01', 7, 2) as integer)" -%}
    cast(
        case
            when {{ matches(text, "'[1-9][0-9]{3}(" ~ spellings | join('|') ~ ")'") }}
                then case
                    when {{ days }} <= extract(day from {{ first }} + interval '1 month' - interval '1 day')
                        then {{ first }} + ({{ days }} - 1)
                end
        end as date
    )
{%- endmacro %}
