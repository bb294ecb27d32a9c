-- One row per provider group and TIN.
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
        tin_type,
        tin_value,
        replace(trim(tin_value), '-', '') as tin_digits
    from members
    where tin_value is not null
    group by pg_uid, file_set_id, tin_type, tin_value
),

xref_pg_member_tin as (
    select
        pg_uid,
        file_set_id,
        tin_type,
        tin_value,
        tin_digits,
        case
            when lower(tin_type) = 'npi'
                then {{ is_valid_npi('tin_digits') }}
            else coalesce({{ matches('tin_digits', "'[0-9]{9}'") }}, false)
        end as is_valid
    from in_groups
)

select * from xref_pg_member_tin
