{#- A bound of the seed as a typed literal: a day, a number, `tomorrow` or `next year` of this run. -#}
{% macro dqd_bound(parameter) -%}
    {%- if parameter == 'tomorrow' -%}
        cast('{{ (run_started_at + modules.datetime.timedelta(days=1)).strftime("%Y-%m-%d") }}' as date)
    {%- elif parameter == 'next year' -%}
        {{ run_started_at.year + 1 }}
    {%- elif modules.re.match('[0-9]{4}-', parameter) -%}
        cast('{{ parameter }}' as date)
    {%- else -%}
        {{ parameter }}
    {%- endif -%}
{%- endmacro %}
