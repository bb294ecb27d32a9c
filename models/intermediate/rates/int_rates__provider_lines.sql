-- One row per file and what it says of who is in a provider group.
{{ config(materialized='incremental', incremental_strategy='replace_files') }}
{%- set columns = [
    'provider_group_id', 'npi', 'tin_type', 'tin_value', 'business_name', 'network_names',
    'location', 'reporting_entity_name', 'version',
] | join(', ') %}
with

flattened as (
    select
        *,
        cast(null as {{ sql_type('text') }}) as business_name,
        cast(null as {{ sql_type('text') }}) as network_names
    from {{ ref('stg_rates__flattened_providers') }}
    {{ of_new_files() }}
),

json_providers as (
    select * from {{ ref('stg_rates__json_providers') }}
    {{ of_new_files() }}
),

roots as (
    select * from {{ ref('stg_rates__json_files') }}
),

-- The file of a location has no root of its own.
in_json as (
    select
        json_providers.*,
        coalesce(roots.reporting_entity_name, '') as reporting_entity_name,
        coalesce(roots.version, '') as version
    from json_providers
    left join roots on json_providers.file_id = roots.file_id
),

provider_lines as (
    select
        file_id,
        {{ columns }},
        count(*) as source_rows
    from flattened
    group by file_id, {{ columns }}
    union all
    select
        file_id,
        {{ columns }},
        count(*) as source_rows
    from in_json
    group by file_id, {{ columns }}
)

select * from provider_lines
