-- One row per person with claims: how many of their transactions are in a cost row.
{{ config(materialized='incremental') }}
with

items as (
    select * from {{ ref('int_costs__claim_items') }}
    {{ of_changed_persons() }}
),

items_again as (
    select * from {{ ref('int_costs__claim_items') }}
    {{ of_changed_persons() }}
),

priced_rows as (
    select * from {{ ref('int_costs__priced_rows') }}
    {{ of_changed_persons() }}
),

costs as (
    select * from {{ ref('cost') }}
),

costs_of_persons as (
    select
        cost_id >> 20 as person_id,
        total_paid
    from costs
),

claimed as (
    select
        person_id,
        count(*) as items,
        sum(transaction_rows) as transaction_rows
    from items
    group by person_id
),

-- A cost row has an amount that was paid, or 0.00, exactly when it has an item.
paid as (
    select
        person_id,
        count(total_paid) as items
    from costs_of_persons
    {{ of_changed_persons() }}
    group by person_id
),

-- Nearly every person has a cost row for every item, and then all of it is there. The pairing of
-- the costs is only done again for the others.
short as (
    select claimed.person_id
    from claimed
    left join paid on claimed.person_id = paid.person_id
    group by claimed.person_id
    having max(claimed.items) <> coalesce(max(paid.items), 0)
),

numbered_items as (
    select
        items_again.person_id,
        items_again.item_kind,
        items_again.encounter_id,
        items_again.item_code,
        items_again.item_started_at,
        items_again.transaction_rows,
        row_number() over (
            partition by
                items_again.person_id, items_again.item_kind, items_again.encounter_id,
                items_again.item_code, items_again.item_started_at
            order by items_again.charged nulls last, items_again.item_charge_id
        ) as pair_no
    from items_again
    inner join short on items_again.person_id = short.person_id
),

row_counts as (
    select
        priced_rows.person_id,
        priced_rows.item_kind,
        priced_rows.encounter_id,
        priced_rows.item_code,
        priced_rows.started_at,
        count(*) as priced_rows
    from priced_rows
    inner join short on priced_rows.person_id = short.person_id
    group by
        priced_rows.person_id, priced_rows.item_kind, priced_rows.encounter_id,
        priced_rows.item_code, priced_rows.started_at
),

left_over as (
    select
        numbered_items.person_id,
        count(*) as items,
        sum(numbered_items.transaction_rows) as transaction_rows
    from numbered_items
    left join row_counts
        on
            numbered_items.person_id = row_counts.person_id
            and numbered_items.item_kind = row_counts.item_kind
            and numbered_items.encounter_id = row_counts.encounter_id
            and numbered_items.item_code = row_counts.item_code
            and numbered_items.item_started_at = row_counts.started_at
    where numbered_items.pair_no > coalesce(row_counts.priced_rows, 0)
    group by numbered_items.person_id
),

person_claim_accounting as (
    select
        claimed.person_id,
        cast(claimed.items - coalesce(left_over.items, 0) as bigint) as paired_items,
        cast(claimed.transaction_rows - coalesce(left_over.transaction_rows, 0) as bigint)
            as paired_transaction_rows
    from claimed
    left join left_over on claimed.person_id = left_over.person_id
)

select * from person_claim_accounting
