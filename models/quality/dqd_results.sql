-- One row per check of the Data Quality Dashboard, with its verdict.
with

definitions as (
    select * from {{ ref('dqd_definitions') }}
),

counts as (
    select * from {{ ref('dqd_counts') }}
),

-- What the schema lacks comes first, then what could not be counted, then what is empty.
judged as (
    select
        definitions.*,
        counts.violated_rows,
        counts.denominator_rows,
        counts.violated_rows is null as is_uncounted,
        case
            when definitions.check_name = 'cdmTable' then null
            when not counts.has_table then 'The table is missing.'
            when definitions.check_name in ('cdmField', 'measurePersonCompleteness') then null
            when not counts.has_field then 'The column is missing.'
            when counts.violated_rows is null then null
            when counts.table_rows = 0 then 'The table is empty.'
            when definitions.check_name = 'measureValueCompleteness' then null
            when counts.filled_rows = 0 then 'The column is empty.'
            when definitions.check_level = 'CONCEPT' and counts.denominator_rows = 0
                then 'No row has the concept.'
        end as not_applicable_reason,
        -- Of a threshold of 0, and of none, one row is enough.
        case
            when definitions.check_name in ('cdmTable', 'cdmField')
                then counts.violated_rows is null
            when coalesce(definitions.threshold_value, 0) = 0 then counts.violated_rows > 0
            else
                counts.violated_rows * 100
                > definitions.threshold_value * counts.denominator_rows
        end as is_beyond
    from definitions
    inner join counts
        on
            definitions.check_name = counts.check_name
            and definitions.cdm_table_name = counts.cdm_table_name
            and coalesce(definitions.cdm_field_name, '') = coalesce(counts.cdm_field_name, '')
            and coalesce(definitions.concept_id, '') = coalesce(counts.concept_id, '')
),

stated as (
    select
        *,
        case
            when not_applicable_reason is not null then 'not_applicable'
            when is_beyond then 'failed'
            when is_uncounted then 'error'
            else 'passed'
        end as status
    from judged
),

dqd_results as (
    select
        cast(violated_rows as bigint) as num_violated_rows,
        cast(
            case
                when denominator_rows = 0 then 0
                else cast(violated_rows as {{ sql_type('double precision') }}) / denominator_rows
            end as {{ sql_type('double precision') }}
        ) as pct_violated_rows,
        cast(denominator_rows as bigint) as num_denominator_rows,
        cast(null as {{ sql_type('text') }}) as execution_time,
        cast(query_text as {{ sql_type('text') }}) as query_text,
        cast(check_name as {{ sql_type('text') }}) as check_name,
        cast(check_level as {{ sql_type('text') }}) as check_level,
        cast(check_description as {{ sql_type('text') }}) as check_description,
        cast(cdm_table_name as {{ sql_type('text') }}) as cdm_table_name,
        cast(cdm_field_name as {{ sql_type('text') }}) as cdm_field_name,
        cast(concept_id as {{ sql_type('text') }}) as concept_id,
        cast(null as {{ sql_type('text') }}) as unit_concept_id,
        cast(sql_file as {{ sql_type('text') }}) as sql_file,
        cast(category as {{ sql_type('text') }}) as category,
        cast(subcategory as {{ sql_type('text') }}) as subcategory,
        cast(context as {{ sql_type('text') }}) as context,
        cast(null as {{ sql_type('text') }}) as warning,
        cast(
            case
                when status = 'failed' and is_uncounted then 'It does not exist.'
                when status = 'error' then 'What the check refers to does not exist.'
            end as {{ sql_type('text') }}
        ) as error,
        cast(checkid as {{ sql_type('text') }}) as checkid,
        cast(case when status = 'error' then 1 else 0 end as integer) as is_error,
        cast(case when status = 'not_applicable' then 1 else 0 end as integer) as not_applicable,
        cast(case when status = 'failed' then 1 else 0 end as integer) as failed,
        cast(case when status = 'passed' then 1 else 0 end as integer) as passed,
        cast(not_applicable_reason as {{ sql_type('text') }}) as not_applicable_reason,
        cast(threshold_value as numeric(9, 4)) as threshold_value,
        cast(notes_value as {{ sql_type('text') }}) as notes_value,
        cast(severity as {{ sql_type('text') }}) as severity,
        cast(status as {{ sql_type('text') }}) as status
    from stated
)

select * from dqd_results
