-- Or does not apply. A failed one is a warning, as the source is what it is; it is kept in the
-- schema of test failures.
{{ config(severity='warn', store_failures=true) }}
with

checks as (
    select * from {{ ref('source_checks') }}
),

failing as (
    select *
    from checks
    where status = 'failed'
)

select * from failing
