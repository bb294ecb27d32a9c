-- One row per provider group and NPI.
-- The star is built when all but its last table was.
-- depends_on: {{ ref('int_rates__groups') }}
with

members as (
    select * from {{ ref('int_rates__members') }}
),

in_groups as (
    select
        pg_uid,
        file_set_id,
        npi
    from members
    where npi is not null
    group by pg_uid, file_set_id, npi
),

xref_pg_member_npi as (
    select
        pg_uid,
        file_set_id,
        npi,
        cast(
            case
                when {{ is_valid_npi('npi') }} then 'valid'
                when npi = '0' then 'undisclosed'
                when npi = '' then 'missing'
                else 'invalid'
            end as {{ sql_type('text') }}
        ) as npi_status
    from in_groups
)

select * from xref_pg_member_npi
