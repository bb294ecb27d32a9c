-- One row per code type and code.
-- The star is built when all but its last table was.
-- depends_on: {{ ref('int_rates__groups') }}
with

codes as (
    select * from {{ ref('int_rates__codes') }}
),

described as (
    select
        code_type,
        code,
        code_description,
        code_name,
        sum(source_rows) as source_rows
    from codes
    group by code_type, code, code_description, code_name
),

-- Files disagree on what a code means: the most frequent words count, among equals the first.
ordered as (
    select
        described.*,
        row_number() over (
            partition by code_type, code
            order by
                source_rows desc,
                code_description {{ bytewise() }},
                code_name {{ bytewise() }}
        ) as description_no,
        count(*) over (partition by code_type, code) as descriptions
    from described
),

dim_code as (
    select
        code_type,
        code,
        code_description,
        code_name,
        cast(descriptions as integer) as descriptions
    from ordered
    where description_no = 1
)

select * from dim_code
