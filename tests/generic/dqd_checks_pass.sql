{#- Every check of one type of the Data Quality Dashboard passes or does not apply. One failed check of severity `fatal`,
    or one that could not be counted, is an error; others are a warning. The failed checks are kept in the schema of test failures. -#}
{% test dqd_checks_pass(model, check_name) %}
{{ config(
    severity='error',
    warn_if='> 0',
    error_if="> 0 and max(case when severity = 'fatal' or status = 'error' then 1 else 0 end) = 1",
    store_failures=true,
) }}
with

results as (
    select * from {{ model }}
),

failing as (
    select
        checkid,
        status,
        severity,
        num_violated_rows,
        num_denominator_rows,
        threshold_value,
        check_description,
        query_text
    from results
    where check_name = '{{ check_name }}' and status in ('failed', 'error')
)

select * from failing
{% endtest %}
