-- One row per file, code, terms, provider group and rate.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_files',
    pre_hook="{{ plan_by_hash() }}",
) }}
{%- set prices = 'file_id, code_id, term_id, set_number, negotiated_rate' %}
{%- set rates = 'file_id, code_id, term_id, provider_group_id, negotiated_rate' %}
{%- set lacking = {'flattened': ['setting', 'severity_of_illness'], 'json': []} %}
with

flattened_lines as (
    select * from {{ ref('stg_rates__flattened_rates') }}
    {{ of_new_files() }}
),

json_lines as (
    select * from {{ ref('int_rates__json_lines') }}
    {{ of_new_files() }}
),

elements as (
    select * from {{ ref('stg_rates__json_elements') }}
),

group_sets as (
    select * from {{ ref('stg_rates__json_group_sets') }}
    {{ of_new_files() }}
),
{%- for shape in lacking %}

    {{ shape }}_codes as (
        select * from {{ ref('int_rates__codes') }}
        where is_first
    ),

    {{ shape }}_terms as (
        select * from {{ ref('int_rates__spellings') }}
    ),

    {{ shape }}_numbered as (
        select
            {{ shape }}_lines.*,
            {{ shape }}_codes.code_id,
            {{ shape }}_terms.term_id
        from {{ shape }}_lines
        inner join {{ shape }}_codes
            on
                {{ shape }}_lines.file_id = {{ shape }}_codes.file_id
                and {{ shape }}_lines.billing_code = {{ shape }}_codes.code
                and {{ shape }}_lines.billing_code_type = {{ shape }}_codes.code_type
                and {{ shape }}_lines.billing_code_type_version
                = {{ shape }}_codes.code_type_version
        inner join {{ shape }}_terms
            on
                {{ shape }}_lines.file_id = {{ shape }}_terms.file_id
                {%- for column in rate_columns('terms') if column not in lacking[shape] %}
                    and {{ shape }}_lines.{{ column }} = {{ shape }}_terms.{{ column }}
                {%- endfor %}
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
        unnest(string_to_array(translate(provider_group_ids, '[]" ', ''), ',')) as provider_group_id
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
