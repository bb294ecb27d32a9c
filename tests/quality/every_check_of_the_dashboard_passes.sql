-- Or does not apply. If one that failed is of severity `fatal`, or one could not be counted, this
-- is an error, else a warning. The failed checks are kept in the schema of test failures.
{{ config(
    severity='error',
    warn_if='> 0',
    error_if="> 0 and max(case when severity = 'fatal' or status = 'error' then 1 else 0 end) = 1",
    store_failures=true,
) }}
with

results as (
    select * from {{ ref('dqd_results') }}
),

failing as (
    select
        check_name,
        checkid,
        status,
        severity,
        num_violated_rows,
        num_denominator_rows,
        threshold_value,
        check_description,
        query_text
    from results
    where status in ('failed', 'error')
)

select * from failing
