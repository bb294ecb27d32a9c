-- One row per check of a Synthea file or column: how many rows violate it, and of how many.
{%- set files = source_columns() %}
{%- set descriptions = {
    'row_count': 'The file has no row, though every export with a patient has some.',
    'freshness': 'The last row of the file is more than a year older than the last encounter.',
    'reference': 'Rows whose id is not in the file that it refers to.',
    'impossible_date': 'Rows dated before the birth or the start, or after the load.',
} %}
with

batches as (
    select * from {{ ref('stg_etl__load_batches') }}
),
{%- for file in files %}

    {{ file }} as (
        select * from {{ ref('stg_synthea__' ~ file) }}
    ),
{%- endfor %}

last_load as (
    select cast(max(finished_at) as date) as loaded_on
    from batches
),

-- Ids may occur twice; a row that refers to one is one row all the same.
patients_known as (
    select
        patient_id,
        min(birth_date) as born_on
    from patients
    group by patient_id
),
{%- for file in ['encounters', 'organizations', 'providers', 'payers', 'claims'] %}

    {{ file }}_known as (
        select distinct {{ file[:-1] }}_id
        from {{ file }}
    ),
{%- endfor %}

last_encounter as (
    select cast(max(started_at) as date) as last_day
    from encounters
),
{%- for file, checked in files.items() %}
    {{ source_checks_of_file(file, checked) }}
{%- endfor %}

checks as (
    {%- for file in files %}
        select * from {{ file }}_checks
        {{ 'union all' if not loop.last }}
    {%- endfor %}
),

source_checks as (
    select
        cast(check_name as {{ sql_type('text') }}) as check_name,
        cast(file_name as {{ sql_type('text') }}) as file_name,
        cast(column_name as {{ sql_type('text') }}) as column_name,
        cast(
            case check_name
                {%- for name, description in descriptions.items() %}
                    when '{{ name }}' then '{{ description }}'
                {%- endfor %}
            end as {{ sql_type('text') }}
        ) as description,
        cast(violated_rows as bigint) as num_violated_rows,
        cast(checked_rows as bigint) as num_checked_rows,
        cast(
            case
                when checked_rows > 0
                    then cast(violated_rows as {{ sql_type('double precision') }}) / checked_rows
                else 0
            end as {{ sql_type('double precision') }}
        ) as pct_violated_rows,
        cast(
            case
                when violated_rows > 0 then 'failed'
                when checked_rows = 0 then 'not_applicable'
                else 'passed'
            end as {{ sql_type('text') }}
        ) as status
    from checks
)

select * from source_checks
