-- One row per CMS JSON file that has prices: how many rates they come to.
{{ config(materialized='view') }}
with

prices as (
    select * from {{ ref('stg_rates__json_prices') }}
),

elements as (
    select * from {{ ref('stg_rates__json_elements') }}
),

group_sets as (
    select * from {{ ref('stg_rates__json_group_sets') }}
),

element_groups as (
    select
        elements.file_id,
        elements.item_number,
        elements.element_number,
        sum(
            case
                when group_sets.provider_group_ids not in ('', '[]')
                    then
                        1
                        + length(group_sets.provider_group_ids)
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

json_rates_counted as (
    select
        element_prices.file_id,
        sum(element_prices.prices * greatest(coalesce(element_groups.provider_groups, 0), 1))
            as source_rows
    from element_prices
    left join element_groups
        on
            element_prices.file_id = element_groups.file_id
            and element_prices.item_number = element_groups.item_number
            and element_prices.element_number = element_groups.element_number
    group by element_prices.file_id
)

select * from json_rates_counted
