-- One row per Synthea file and vocabulary of its codes: how many rows have no standard concept.
with

persons as (
    select * from {{ ref('person_row_accounting') }}
    where vocabulary_id is not null
),

mapping_coverage as (
    select
        cast(file_name as {{ sql_type('text') }}) as file_name,
        cast(vocabulary_id as {{ sql_type('text') }}) as vocabulary_id,
        cast(sum(source_rows) as bigint) as source_rows,
        cast(sum(unmapped_rows) as bigint) as unmapped_rows,
        cast(sum(unknown_code_rows) as bigint) as unknown_code_rows,
        cast(
            round(1.0 * sum(unmapped_rows) / nullif(sum(source_rows), 0), 4) as numeric(5, 4)
        ) as unmapped_share
    from persons
    group by file_name, vocabulary_id
)

select * from mapping_coverage
