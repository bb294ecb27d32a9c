{#- Every check of one kind that quality.source_checks holds passes or does not apply; a failed one is a warning, as the
    source is what it is. -#}
{% test source_checks_pass(model, check_name) %}
{{ config(severity='warn', store_failures=true) }}
with

checks as (
    select * from {{ model }}
),

failing as (
    select *
    from checks
    where check_name = '{{ check_name }}' and status = 'failed'
)

select * from failing
{% endtest %}
