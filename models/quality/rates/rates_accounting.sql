-- One row per price-transparency file and outcome of its rows.
with

files as (
    select * from {{ ref('int_rates__files') }}
    where not is_lost
),

json_counts as (
    select * from {{ ref('int_rates__json_rates_counted') }}
),

encoded as (
    select * from {{ ref('int_rates__encoded') }}
),

facts as (
    select * from {{ ref('fact_rate') }}
),

provider_lines as (
    select * from {{ ref('int_rates__provider_lines') }}
),

-- A line of a flattened file is one rate; a price of a JSON file is one for each provider group.
encoded_counts as (
    select
        file_id,
        sum(source_rows) as without_group
    from encoded
    where provider_group_id is null
    group by file_id
),

fact_counts as (
    select
        file_id,
        count(*) as facts,
        sum(source_rows) as source_rows
    from facts
    group by file_id
),

member_counts as (
    select
        file_id,
        sum(source_rows) as source_rows,
        count(*) as distinct_rows
    from provider_lines
    group by file_id
),

counted as (
    select
        files.file_id,
        files.file_name,
        files.file_kind,
        coalesce(files.rows_rejected, 0) as rejected,
        case
            when files.file_kind like 'flattened %' then files.rows_loaded
            else coalesce(json_counts.source_rows, 0)
        end as loaded,
        coalesce(fact_counts.facts, 0) as facts,
        coalesce(fact_counts.source_rows - fact_counts.facts, 0) as duplicate_facts,
        coalesce(encoded_counts.without_group, 0) as without_group,
        coalesce(member_counts.distinct_rows, 0) as members,
        coalesce(member_counts.source_rows - member_counts.distinct_rows, 0) as duplicate_members
    from files
    left join encoded_counts on files.file_id = encoded_counts.file_id
    left join json_counts on files.file_id = json_counts.file_id
    left join fact_counts on files.file_id = fact_counts.file_id
    left join member_counts
        on
            files.file_id = member_counts.file_id
            and files.file_kind = 'flattened providers'
),

outcomes as (
    select
        file_id,
        file_name,
        {{- rows_of_expressions([
            ['read', 'loaded + rejected'],
            ['rejected', 'rejected'],
            ['fact_rate', 'facts'],
            ['duplicate rate', 'duplicate_facts'],
            ['rate without a provider group', 'without_group'],
            ['xref_pg_member', 'members'],
            ['duplicate member', 'duplicate_members'],
        ], {'outcome': 'text', 'source_rows': 'bigint'}) }}
    from counted
),

rates_accounting as (
    select
        file_id,
        file_name,
        outcome,
        cast(source_rows as bigint) as source_rows
    from outcomes
    where source_rows > 0 or outcome = 'read'
)

select * from rates_accounting
