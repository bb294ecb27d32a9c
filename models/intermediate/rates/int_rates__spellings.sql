-- One row per file and terms of a rate, as the file spells them.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_files',
    pre_hook="{{ plan_by_hash() }}",
) }}
{%- set terms = rate_columns('terms') | join(', ') %}
with

flattened as (
    select * from {{ ref('stg_rates__flattened_rates') }}
    {{ of_new_files() }}
),

json_lines as (
    select * from {{ ref('int_rates__json_lines') }}
    {{ of_new_files() }}
),

counted as (
    select
        file_id,
        {{ terms }},
        count(*) as source_rows
    from flattened
    group by file_id, {{ terms }}
    union all
    select
        file_id,
        {{ terms }},
        count(*) as source_rows
    from json_lines
    group by file_id, {{ terms }}
),

parsed as (
    select
        counted.*,
        {{ sorted_codes('counted.service_codes') }} as pos_members,
        {{ sorted_codes('counted.billing_code_modifier') }} as modifiers
    from counted
),

-- A hash and not a number: counting them would hold all of their texts at once, and there can be
-- millions.
spellings as (
    select
        parsed.*,
        {{ uuid_of("concat_ws(chr(31), " ~ rate_columns('meaning') | join(', ') ~ ")") }} as term_id
    from parsed
)

select * from spellings
