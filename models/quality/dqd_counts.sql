-- One row per check of the Data Quality Dashboard: what was counted, and what there was to count.
with

checks as (
    select * from {{ ref('dqd_checks') }}
),
{%- for counted in ['event', 'other', 'vocabulary', 'concept_field'] %}

    {{ counted }}_counts as (
        select * from {{ ref('dqd_' ~ counted ~ '_counts') }}
    ),
{%- endfor %}

concept_counts as (
    select * from {{ ref('dqd_concept_counts') }}
),

counts as (
    {%- for counted in ['event', 'other', 'vocabulary', 'concept_field'] %}
        select
            check_name,
            cdm_table_name,
            cdm_field_name,
            cast(null as text) as concept_id,
            violated_rows,
            denominator_rows
        from {{ counted }}_counts
        union all
    {%- endfor %}
    select * from concept_counts
),

tables as (
    select
        cdm_table_name,
        max(case when check_name = 'measureValueCompleteness' then denominator_rows end) as table_rows
    from counts
    group by cdm_table_name
),

fields as (
    select
        cdm_table_name,
        lower(cdm_field_name) as field,
        denominator_rows - violated_rows as filled_rows
    from counts
    where check_name = 'measureValueCompleteness'
),

-- The era check asks for conditions, not for eras.
dqd_counts as (
    select
        cast(checks.check_name as text) as check_name,
        cast(checks.cdm_table_name as text) as cdm_table_name,
        cast(checks.cdm_field_name as text) as cdm_field_name,
        cast(checks.concept_id as text) as concept_id,
        cast(counts.violated_rows as bigint) as violated_rows,
        cast(counts.denominator_rows as bigint) as denominator_rows,
        cast(tables.cdm_table_name is not null as boolean) as has_table,
        cast(checks.cdm_field_name is null or fields.field is not null as boolean) as has_field,
        cast(tables.table_rows as bigint) as table_rows,
        cast(fields.filled_rows as bigint) as filled_rows
    from checks
    left join counts
        on
            checks.check_name = counts.check_name
            and checks.cdm_table_name = counts.cdm_table_name
            and coalesce(checks.cdm_field_name, '') = coalesce(counts.cdm_field_name, '')
            and coalesce(checks.concept_id, '') = coalesce(counts.concept_id, '')
    left join tables
        on
            tables.cdm_table_name
            = case
                when checks.check_name = 'measureConditionEraCompleteness' then 'CONDITION_OCCURRENCE'
                else checks.cdm_table_name
            end
    left join fields
        on
            checks.cdm_table_name = fields.cdm_table_name
            and lower(checks.cdm_field_name) = fields.field
)

select * from dqd_counts
