-- Every domain of the vocabulary is in the seed that says which table its concepts go to; without
-- it an event of that domain would be in no table.
with

domains as (
    select domain_id from {{ ref('domain') }}
    union
    select domain_id from {{ ref('concept') }}
),

domain_tables as (
    select * from {{ ref('domain_tables') }}
),

without_table as (
    select domains.domain_id
    from domains
    left join domain_tables on domains.domain_id = domain_tables.domain_id
    where domain_tables.domain_id is null
)

select * from without_table
