-- One row per Synthea file and outcome: how many rows of the file went there.
{%- set nobodys -%}
    case
        when source_file in ('patients', 'organizations', 'providers', 'payers') then 'no_id'
        else 'patient_unknown'
    end
{%- endset %}
with

persons as (
    select * from {{ ref('person_row_accounting') }}
),

stored_rows as (
    select * from {{ ref('int_accounting__stored_rows') }}
),

rejected_lines as (
    select * from {{ ref('int_accounting__rejected_lines') }}
),

row_outcomes as (
    select * from {{ ref('row_outcomes') }}
),
{%- for table in ['care_site', 'provider'] %}

    {{ table }}_rows as (
        select * from {{ ref(table) }}
    ),
{%- endfor %}

of_persons as (
    select
        file_name,
        outcome,
        sum(source_rows) as source_rows,
        sum(further_rows) as further_rows
    from persons
    group by file_name, outcome
),

of_files as (
    {%- for outcome, source_rows in [
        (nobodys, 'ownerless_rows'),
        ("'duplicate_row'", 'stored_rows - ownerless_rows - contents'),
        ("'duplicate_id'", 'contents - ids'),
        ("'lookup_only'", "case source_file when 'payers' then ids end"),
    ] %}
        select
            source_file,
            {{ outcome }} as outcome,
            {{ source_rows }} as source_rows
        from stored_rows
        union all
    {%- endfor %}
    {%- for file, table in [('organizations', 'care_site'), ('providers', 'provider')] %}
        select
            '{{ file }}' as source_file,
            '{{ table }}' as outcome,
            count(*) as source_rows
        from {{ table }}_rows
        union all
    {%- endfor %}
    select
        source_file,
        'rejected' as outcome,
        count(*) as source_rows
    from rejected_lines
    group by source_file
),

counted as (
    select
        file_name,
        outcome,
        source_rows,
        further_rows
    from of_persons
    union all
    select
        source_file || '.csv' as file_name,
        outcome,
        source_rows,
        0 as further_rows
    from of_files
    where source_rows > 0
),

-- What was read is counted in the files, not added up from where it went.
read_rows as (
    select
        stored_rows.source_file || '.csv' as file_name,
        max(stored_rows.stored_rows) + count(rejected_lines.line_number) as rows_read
    from stored_rows
    left join rejected_lines on stored_rows.source_file = rejected_lines.source_file
    group by stored_rows.source_file
),

row_accounting as (
    select
        cast(read_rows.file_name as {{ sql_type('text') }}) as file_name,
        cast(counted.outcome as {{ sql_type('text') }}) as outcome,
        cast(
            case
                when counted.outcome is not null then coalesce(row_outcomes.kind, 'CDM table')
            end as {{ sql_type('text') }}
        ) as kind,
        cast(coalesce(counted.source_rows, 0) as bigint) as source_rows,
        cast(coalesce(counted.further_rows, 0) as bigint) as further_rows,
        cast(read_rows.rows_read as bigint) as rows_read
    from read_rows
    full outer join counted on read_rows.file_name = counted.file_name
    left join row_outcomes on counted.outcome = row_outcomes.outcome
    where read_rows.rows_read > 0 or counted.outcome is not null
)

select * from row_accounting
