-- One row per file, code and description of it.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_files',
    pre_hook="{{ plan_by_hash() }}",
) }}
{%- set code = rate_columns('code') | join(', ') %}
{%- set description = rate_columns('description') | join(', ') %}
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
        {{ code }},
        {{ description }},
        count(*) as source_rows
    from flattened
    group by file_id, {{ code }}, {{ description }}
    union all
    select
        file_id,
        {{ code }},
        {{ description }},
        count(*) as source_rows
    from json_lines
    group by file_id, {{ code }}, {{ description }}
),

numbered as (
    select
        counted.*,
        dense_rank() over (partition by file_id order by {{ code }}) as code_id,
        row_number() over (
            partition by file_id, {{ code }}
            order by
                source_rows desc,
                description {{ bytewise() }},
                name {{ bytewise() }}
        ) as description_no
    from counted
),

codes as (
    select
        file_id,
        cast(code_id as integer) as code_id,
        description_no = 1 as is_first,
        billing_code_type as code_type,
        billing_code as code,
        billing_code_type_version as code_type_version,
        description as code_description,
        name as code_name,
        source_rows
    from numbered
)

select * from codes
