-- One row per file and terms of a rate.
{{ config(materialized='incremental', incremental_strategy='replace_files') }}
{%- set meaning = rate_columns('meaning') | join(', ') %}
with

spellings as (
    select * from {{ ref('int_rates__spellings') }}
    {{ of_new_files() }}
),

files as (
    select * from {{ ref('int_rates__files') }}
),

units as (
    select * from {{ ref('rate_units') }}
),

-- Two spellings of a list are the same terms.
distinct_terms as (
    select
        file_id,
        term_id,
        {{ meaning }},
        sum(source_rows) as source_rows
    from spellings
    group by file_id, term_id, {{ meaning }}
),

read_terms as (
    select
        distinct_terms.*,
        {{ date_or_null('distinct_terms.last_updated_on') }} as updated_on,
        {{ date_or_null('distinct_terms.expiration_date') }} as expires_on,
        coalesce(
            files.given_payer_slug,
            {{ payer_slug('distinct_terms.reporting_entity_name') }}
        ) as payer_slug,
        coalesce(units.rate_unit, 'unknown') as rate_unit,
        units.lowest_plausible,
        units.highest_plausible
    from distinct_terms
    inner join files on distinct_terms.file_id = files.file_id
    left join units on lower(trim(distinct_terms.negotiated_type)) = units.negotiated_type
),

terms as (
    select
        file_id,
        term_id,
        {{ meaning }},
        payer_slug,
        coalesce(left(cast(updated_on as {{ sql_type('text') }}), 7), '') as year_month,
        md5(pos_members) as pos_set_id,
        rate_unit,
        lowest_plausible,
        highest_plausible,
        updated_on,
        expires_on,
        cast(source_rows as bigint) as source_rows
    from read_terms
)

select * from terms
