-- One row per set of places of service.
{%- set place = '(0[1-9]|[1-9][0-9])' %}
-- The star is built when all but its last table was.
-- depends_on: {{ ref('int_rates__groups') }}
with

terms as (
    select * from {{ ref('int_rates__terms') }}
),

sets as (
    select
        pos_set_id,
        pos_members
    from terms
    group by pos_set_id, pos_members
),

dim_pos_set as (
    select
        pos_set_id,
        {{ as_list('pos_members') }} as pos_members,
        pos_members = 'CSTM-00' as is_everywhere,
        {{ matches('pos_members', "'(|CSTM-00|" ~ place ~ "([|]" ~ place ~ ")*)'") }} as is_valid
    from sets
)

select * from dim_pos_set
