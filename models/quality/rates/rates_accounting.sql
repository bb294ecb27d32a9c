-- One row per price-transparency file and outcome of its rows.
with

files as (
    select * from {{ ref('int_rates__files') }}
),

prices as (
    select * from {{ ref('stg_rates__json_prices') }}
),

elements as (
    select * from {{ ref('stg_rates__json_elements') }}
),

group_sets as (
    select * from {{ ref('stg_rates__json_group_sets') }}
),

encoded as (
    select * from {{ ref('int_rates__encoded') }}
),

facts as (
    select * from {{ ref('fact_rate') }}
),

members as (
    select * from {{ ref('int_rates__members') }}
),

-- A line of a flattened file is one rate; a price of a JSON file is one for each of its provider groups.
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

-- What the raw tables of the JSON come to, counted without the models in between.
element_groups as (
    select
        elements.file_id,
        elements.item_number,
        elements.element_number,
        sum(
            case
                when group_sets.provider_group_ids like '%_]' and group_sets.provider_group_ids <> '[]'
                    then 1 + length(group_sets.provider_group_ids)
                        - length(replace(group_sets.provider_group_ids, ',', ''))
                else 0
            end
        ) as provider_groups
    from elements
    inner join group_sets
        on
            elements.file_id = group_sets.file_id
            and elements.set_number = group_sets.set_number
    group by elements.file_id, elements.item_number, elements.element_number
),

element_prices as (
    select
        file_id,
        item_number,
        element_number,
        count(*) as prices
    from prices
    group by file_id, item_number, element_number
),

json_counts as (
    select
        element_prices.file_id,
        sum(element_prices.prices * greatest(coalesce(element_groups.provider_groups, 0), 1)) as source_rows
    from element_prices
    left join element_groups
        on
            element_prices.file_id = element_groups.file_id
            and element_prices.item_number = element_groups.item_number
            and element_prices.element_number = element_groups.element_number
    group by element_prices.file_id
),

member_counts as (
    select
        file_id,
        count(*) as source_rows,
        count(distinct concat_ws(
            '|', pg_uid, coalesce(npi, ''), tin_type, coalesce(tin_value, ''), coalesce(missing_location, '')
        )) as distinct_rows
    from members
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
        case when files.file_kind = 'flattened providers' then coalesce(member_counts.distinct_rows, 0) else 0 end
            as members,
        case
            when files.file_kind = 'flattened providers'
                then coalesce(member_counts.source_rows - member_counts.distinct_rows, 0)
            else 0
        end as duplicate_members
    from files
    left join encoded_counts on files.file_id = encoded_counts.file_id
    left join json_counts on files.file_id = json_counts.file_id
    left join fact_counts on files.file_id = fact_counts.file_id
    left join member_counts on files.file_id = member_counts.file_id
),

rates_accounting as (
    select
        counted.file_id,
        counted.file_name,
        outcomes.outcome,
        cast(outcomes.source_rows as bigint) as source_rows
    from counted
    cross join lateral (
        values
        ('read', counted.loaded + counted.rejected),
        ('rejected', counted.rejected),
        ('fact_rate', counted.facts),
        ('duplicate rate', counted.duplicate_facts),
        ('rate without a provider group', counted.without_group),
        ('xref_pg_member', counted.members),
        ('duplicate member', counted.duplicate_members)
    ) as outcomes (outcome, source_rows)
    where outcomes.source_rows > 0 or outcomes.outcome = 'read'
)

select * from rates_accounting
