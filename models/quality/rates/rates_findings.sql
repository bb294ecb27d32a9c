-- One row per file set and thing that is odd about its rates, groups, NPIs or TINs.
with

files as (
    select * from {{ ref('int_rates__files') }}
),

groups as (
    select * from {{ ref('dim_provider_group') }}
),

npis as (
    select * from {{ ref('xref_pg_member_npi') }}
),

tins as (
    select * from {{ ref('xref_pg_member_tin') }}
),

terms as (
    select * from {{ ref('int_rates__terms') }}
),

facts as (
    select * from {{ ref('fact_rate') }}
),

odd_groups as (
    select
        file_set_id,
        case
            when missing_location is not null then 'group whose location was not supplied'
            when members_key is null then 'group that has rates and no members'
            when rates = 0 then 'group that no rate uses'
        end as finding
    from groups
),

odd_npis as (
    select
        file_set_id,
        'NPI that is ' || npi_status as finding
    from npis
    where npi_status <> 'valid'
),

odd_tins as (
    select
        file_set_id,
        'TIN that is invalid' as finding
    from tins
    where not is_valid
),

odd_rates as (
    select
        file_set_id,
        coalesce('rate that is ' || rate_flag, 'rate that had expired') as finding
    from facts
    where rate_flag is not null or is_expired
),

judged_terms as (
    select
        files.file_set_id,
        terms.source_rows,
        {{- rows_of_expressions([
            ['line without a payer name', "terms.reporting_entity_name = ''"],
            ['line without a date of the file', 'terms.updated_on is null'],
            ['line without an expiration date', 'terms.expires_on is null'],
            ['line whose type is unknown', "terms.rate_unit = 'unknown'"],
        ], {'finding': 'text', 'is_odd': 'boolean'}) }}
    from terms
    inner join files on terms.file_id = files.file_id
),

-- Of lines of the file, not of rates: what makes a part of the keys empty.
odd_terms as (
    select * from judged_terms
    where is_odd
),

odd_rows as (
    select * from odd_groups
    where finding is not null
    union all
    select * from odd_npis
    union all
    select * from odd_tins
    union all
    select * from odd_rates
),

found as (
    select
        file_set_id,
        finding,
        count(*) as occurrences
    from odd_rows
    group by file_set_id, finding
    union all
    select
        file_set_id,
        finding,
        sum(source_rows) as occurrences
    from odd_terms
    group by file_set_id, finding
),

rates_findings as (
    select
        file_set_id,
        cast(finding as {{ sql_type('text') }}) as finding,
        cast(occurrences as bigint) as occurrences
    from found
)

select * from rates_findings
