-- One row per line that could not be read and that no later load has put right.
{{ config(materialized='view') }}
with

rejected_rows as (
    select * from {{ ref('stg_etl__rejected_rows') }}
),

patients as (
    select * from {{ ref('stg_synthea__patients') }}
),

patient_changes as (
    select * from {{ ref('stg_etl__patient_changes') }}
),

-- The same line of the same file is one line, however often it is loaded.
lines as (
    select
        file_name,
        line_number,
        raw_line,
        max(batch_id) as batch_id
    from rejected_rows
    group by file_name, line_number, raw_line
),

renewed as (
    select
        cast(patient_id as {{ sql_type('text') }}) as patient_id,
        batch_id
    from patients
    union all
    select
        cast(patient_id as {{ sql_type('text') }}) as patient_id,
        batch_id
    from patient_changes
    where change = 'removed'
),

last_renewed as (
    select
        patient_id,
        max(batch_id) as batch_id
    from renewed
    group by patient_id
),

words as (
    select
        file_name,
        line_number,
        batch_id,
        {{ rows_of_words('lower(raw_line)', "'[^0-9a-f-]+'") }} as word
    from lines
),

-- A patient who came again in a later load brought all rows anew, and so did one who went.
put_right as (
    select distinct
        words.file_name,
        words.line_number,
        words.batch_id
    from words
    inner join last_renewed
        on
            words.word = last_renewed.patient_id
            and words.batch_id < last_renewed.batch_id
),

rejected_lines as (
    select
        regexp_replace(lower(lines.file_name), '(-[0-9]+)?[.].*$', '') as source_file,
        lines.file_name,
        lines.line_number,
        lines.batch_id
    from lines
    left join put_right
        on
            lines.file_name = put_right.file_name
            and lines.line_number = put_right.line_number
            and lines.batch_id = put_right.batch_id
    where put_right.batch_id is null
)

select * from rejected_lines
