with

accounting as (
    select * from {{ ref('rates_accounting') }}
),

unaccounted as (
    select
        file_id,
        sum(case when outcome = 'read' then source_rows else 0 end) as rows_read,
        sum(case when outcome <> 'read' then source_rows else 0 end) as rows_accounted_for
    from accounting
    group by file_id
    having
        sum(case when outcome = 'read' then source_rows else 0 end)
        <> sum(case when outcome <> 'read' then source_rows else 0 end)
)

select * from unaccounted
