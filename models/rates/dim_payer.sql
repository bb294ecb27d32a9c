-- One row per payer.
-- The star is built when all but its last table was.
-- depends_on: {{ ref('int_rates__groups') }}
with

terms as (
    select * from {{ ref('int_rates__terms') }}
),

named as (
    select
        payer_slug,
        reporting_entity_name,
        version,
        sum(source_rows) as source_rows
    from terms
    group by payer_slug, reporting_entity_name, version
),

-- The most frequent spelling counts, among equals the first.
ordered as (
    select
        named.*,
        row_number() over (
            partition by payer_slug
            order by
                source_rows desc,
                reporting_entity_name {{ bytewise() }},
                version {{ bytewise() }}
        ) as name_no
    from named
),

dim_payer as (
    select
        payer_slug,
        reporting_entity_name,
        version
    from ordered
    where name_no = 1
)

select * from dim_payer
