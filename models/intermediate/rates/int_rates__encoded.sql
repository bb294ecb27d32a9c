-- One row per file, code, terms, provider group and rate.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_files',
    pre_hook=["{{ plan_by_hash() }}", "{{ lines_apart() }}"],
) }}
{%- set prices = 'file_id, code_id, term_id, set_number, negotiated_rate' %}
{%- set rates = 'file_id, code_id, term_id, provider_group_id, negotiated_rate' %}
with

elements as (
    select * from {{ ref('stg_rates__json_elements') }}
),

group_sets as (
    select * from {{ ref('stg_rates__json_group_sets') }}
    {{ of_new_files() }}
),
{%- for shape in ('flattened', 'json') %}

    {{ shape }}_numbered as (
        {% if in_steps() -%}
            select * from numbered_{{ shape }}_lines
        {%- else -%}
            {{ numbered_lines(shape) }}
        {%- endif %}
    ),
{%- endfor %}

priced as (
    select
        json_numbered.*,
        elements.set_number
    from json_numbered
    left join elements
        on
            json_numbered.file_id = elements.file_id
            and json_numbered.item_number = elements.item_number
            and json_numbered.element_number = elements.element_number
),

-- A price holds for hundreds of groups: equal ones are one before they meet them.
json_prices as (
    select
        {{ prices }},
        count(*) as source_rows
    from priced
    group by {{ prices }}
),

groups as (
    select
        file_id,
        set_number,
        {{ rows_of_list("translate(provider_group_ids, '[]\" ', '')") }} as provider_group_id
    from group_sets
),

encoded as (
    select
        {{ rates }},
        cast(count(*) as integer) as source_rows
    from flattened_numbered
    group by {{ rates }}
    union all
    select
        json_prices.file_id,
        json_prices.code_id,
        json_prices.term_id,
        groups.provider_group_id,
        json_prices.negotiated_rate,
        cast(sum(json_prices.source_rows) as integer) as source_rows
    from json_prices
    left join groups
        on
            json_prices.file_id = groups.file_id
            and json_prices.set_number = groups.set_number
            and groups.provider_group_id <> ''
    group by
        json_prices.file_id,
        json_prices.code_id,
        json_prices.term_id,
        groups.provider_group_id,
        json_prices.negotiated_rate
)

select * from encoded
