-- One row per file and terms of a rate, as the file spells them.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_files',
    pre_hook="{{ plan_by_hash() }}",
) }}
{%- set terms = rate_columns('terms') | join(', ') %}
{#- Two spellings of a list are the same terms. -#}
{%- set spelled = {'service_codes': 'pos_members', 'billing_code_modifier': 'modifiers'} %}
{%- set meaning = [] %}
{%- for column in rate_columns('terms') %}
    {%- do meaning.append(spelled.get(column, column)) %}
{%- endfor %}
with

flattened as (
    select * from {{ ref('stg_rates__flattened_rates') }}
    {{ of_new_files() }}
),

json_lines as (
    select * from {{ ref('int_rates__json_lines') }}
    {{ of_new_files() }}
),

files as (
    select * from {{ ref('int_rates__files') }}
),

units as (
    select * from {{ ref('rate_units') }}
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
        {{ sorted_codes('counted.billing_code_modifier') }} as modifiers,
        {{ date_or_null('counted.last_updated_on') }} as updated_on,
        {{ date_or_null('counted.expiration_date') }} as expires_on,
        coalesce(
            files.given_payer_slug,
            {{ payer_slug('counted.reporting_entity_name') }}
        ) as payer_slug,
        coalesce(units.rate_unit, 'unknown') as rate_unit,
        units.lowest_plausible,
        units.highest_plausible
    from counted
    inner join files on counted.file_id = files.file_id
    left join units on lower(trim(counted.negotiated_type)) = units.negotiated_type
),

-- Hashed once, so that numbering them is a sort of one key and not of thirteen texts.
keyed as (
    select
        parsed.*,
        md5(concat_ws(chr(31), {{ meaning | join(', ') }})) as term_key
    from parsed
),

numbered as (
    select
        keyed.*,
        dense_rank() over (partition by file_id order by term_key) as term_id,
        row_number() over (
            partition by file_id, term_key
            order by
                service_codes collate "C",
                billing_code_modifier collate "C"
        ) as spelling_no
    from keyed
),

terms as (
    select
        file_id,
        cast(term_id as integer) as term_id,
        spelling_no = 1 as is_first,
        {{ terms }},
        payer_slug,
        coalesce(left(cast(updated_on as text), 7), '') as year_month,
        pos_members,
        md5(pos_members) as pos_set_id,
        modifiers,
        rate_unit,
        lowest_plausible,
        highest_plausible,
        updated_on,
        expires_on,
        term_key,
        source_rows
    from numbered
)

select * from terms
