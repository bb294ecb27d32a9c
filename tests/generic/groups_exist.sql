{#- Every provider group that the table names is in dim_provider_group. -#}
{% test groups_exist(model) %}
with

members as (
    select distinct
        pg_uid,
        file_set_id
    from {{ model }}
),

groups as (
    select * from {{ ref('dim_provider_group') }}
),

orphans as (
    select members.*
    from members
    left join groups
        on
            members.pg_uid = groups.pg_uid
            and members.file_set_id = groups.file_set_id
    where groups.pg_uid is null
)

select * from orphans
{% endtest %}
