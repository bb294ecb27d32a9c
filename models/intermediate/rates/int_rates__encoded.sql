-- One row per file, code, terms, provider group and rate.
{{ config(
    materialized='incremental', incremental_strategy='replace_files', pre_hook="{{ join_by_hash() }}"
) }}
{%- set prices = 'file_id, item_number, element_number, code_id, term_id, negotiated_rate' %}
{%- set rates = 'file_id, code_id, term_id, provider_group_id, negotiated_rate' %}
{#- A flattened line has the columns of schema 1 only. -#}
{%- set shapes = {
    'flattened': rate_columns('terms') | reject('in', ['setting', 'severity_of_illness']) | list,
    'json': rate_columns('terms'),
} %}
with

flattened_lines as (
    select
        flattened_rates.*,
        cast(null as integer) as item_number,
        cast(null as integer) as element_number
    from {{ ref('stg_rates__flattened_rates') }} as flattened_rates
    {{ of_new_files() }}
),

json_lines as (
    select
        json_lines.*,
        cast(null as text) as provider_group_id
    from {{ ref('int_rates__json_lines') }} as json_lines
    {{ of_new_files() }}
),

price_groups as (
    select * from {{ ref('stg_rates__json_price_groups') }}
),
{%- for shape, terms in shapes.items() %}

{{ shape }}_codes as (
    select * from {{ ref('int_rates__codes') }}
    where is_first
),

{{ shape }}_terms as (
    select * from {{ ref('int_rates__terms') }}
),

{{ shape }}_numbered as (
    select
        {{ shape }}_lines.file_id,
        {{ shape }}_lines.item_number,
        {{ shape }}_lines.element_number,
        {{ shape }}_codes.code_id,
        {{ shape }}_terms.term_id,
        {{ shape }}_lines.provider_group_id,
        {{ shape }}_lines.negotiated_rate
    from {{ shape }}_lines
    inner join {{ shape }}_codes
        on
            {{ shape }}_lines.file_id = {{ shape }}_codes.file_id
            and {{ shape }}_lines.billing_code = {{ shape }}_codes.code
            and {{ shape }}_lines.billing_code_type = {{ shape }}_codes.code_type
            and {{ shape }}_lines.billing_code_type_version = {{ shape }}_codes.code_type_version
    inner join {{ shape }}_terms
        on
            {{ shape }}_lines.file_id = {{ shape }}_terms.file_id
            {%- for column in terms %}
            and {{ shape }}_lines.{{ column }} = {{ shape }}_terms.{{ column }}
            {%- endfor %}
),
{%- endfor %}

-- A price holds for hundreds of groups: equal ones are one before they meet them.
json_prices as (
    select
        {{ prices }},
        count(*) as source_rows
    from json_numbered
    group by {{ prices }}
),

json_rates as (
    select
        json_prices.file_id,
        json_prices.code_id,
        json_prices.term_id,
        price_groups.provider_group_id,
        json_prices.negotiated_rate,
        json_prices.source_rows
    from json_prices
    left join price_groups
        on
            json_prices.file_id = price_groups.file_id
            and json_prices.item_number = price_groups.item_number
            and json_prices.element_number = price_groups.element_number
),

encoded as (
    select
        {{ rates }},
        cast(count(*) as integer) as source_rows
    from flattened_numbered
    group by {{ rates }}
    union all
    select
        {{ rates }},
        cast(sum(source_rows) as integer) as source_rows
    from json_rates
    group by {{ rates }}
)

select * from encoded
