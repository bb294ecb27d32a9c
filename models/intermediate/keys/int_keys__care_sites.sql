-- One row per Synthea organization ever loaded.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    post_hook="{{ unique_keys(['care_site_id', 'organization_id']) }}",
) }}
with

organizations as (
    select * from {{ ref('stg_synthea__organizations') }}
),

unknown as (
    select distinct organization_id
    from organizations
    {% if is_incremental() %}
    where not exists (
        select 1 from {{ this }} as known
        where known.organization_id = organizations.organization_id
    )
    {% endif %}
),

care_sites as (
    select
        cast(
            {{ last_key('care_site_id') }} + row_number() over (order by organization_id) as bigint
        ) as care_site_id,
        cast(organization_id as {{ sql_type('uuid') }}) as organization_id
    from unknown
)

select * from care_sites
