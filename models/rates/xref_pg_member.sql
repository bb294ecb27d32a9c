-- One row per provider group, NPI and the TIN that it bills under.
-- The star is built when all but its last table was.
-- depends_on: {{ ref('int_rates__groups') }}
with

members as (
    select * from {{ ref('int_rates__members') }}
),

xref_pg_member as (
    select
        pg_uid,
        file_set_id,
        coalesce(npi, '') as npi,
        tin_type,
        coalesce(tin_value, '') as tin_value,
        min(business_name {{ bytewise() }}) as business_name
    from members
    where missing_location is null
    group by pg_uid, file_set_id, coalesce(npi, ''), tin_type, coalesce(tin_value, '')
)

select * from xref_pg_member
