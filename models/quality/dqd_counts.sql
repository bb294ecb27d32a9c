-- One row per check of the Data Quality Dashboard: what was counted, and what there was to count.
{{ config(materialized='view') }}
with

checks as (
    select * from {{ ref('dqd_checks') }}
),
{%- for counted in ['table', 'vocabulary', 'concept_field', 'concept'] %}

    {{ counted }}_counts as (
        select * from {{ ref('dqd_' ~ counted ~ '_counts') }}
    ),
{%- endfor %}

counts as (
    {%- for counted in ['table', 'vocabulary', 'concept_field'] %}
        select
            check_name,
            cdm_table_name,
            cdm_field_name,
            cast(null as {{ sql_type('text') }}) as concept_id,
            violated_rows,
            denominator_rows
        from {{ counted }}_counts
        union all
    {%- endfor %}
    select * from concept_counts
),

fields as (
    select
        cdm_table_name,
        lower(cdm_field_name) as field,
        denominator_rows as table_rows,
        denominator_rows - violated_rows as filled_rows
    from counts
    where check_name = 'measureValueCompleteness'
),

tables as (
    select
        cdm_table_name,
        max(table_rows) as table_rows
    from fields
    group by cdm_table_name
),

-- The check of condition eras asks for conditions, not for eras.
placed_checks as (
    select
        checks.*,
        tables.cdm_table_name is not null as has_table,
        checks.cdm_field_name is null or fields.field is not null as has_field,
        tables.table_rows,
        fields.filled_rows,
        counts.violated_rows as counted_rows,
        counts.denominator_rows,
        checks.check_name in ('fkDomain', 'fkClass', 'isStandardValidConcept')
        or checks.check_name like 's%Completeness'
        or coalesce(checks.parameter, '') = 'concept.concept_id' as is_of_concepts
    from checks
    left join tables
        on
            tables.cdm_table_name
            = case checks.check_name
                when 'measureConditionEraCompleteness' then 'CONDITION_OCCURRENCE'
                else checks.cdm_table_name
            end
    left join fields
        on
            checks.cdm_table_name = fields.cdm_table_name
            and lower(checks.cdm_field_name) = fields.field
    left join counts
        on
            checks.check_name = counts.check_name
            and checks.cdm_table_name = counts.cdm_table_name
            and coalesce(checks.cdm_field_name, '') = coalesce(counts.cdm_field_name, '')
            and coalesce(checks.concept_id, '') = coalesce(counts.concept_id, '')
),

-- A table or column that was counted is there. No row is counted of a type that is whole, and of
-- keys of which none occurs twice; what is counted in the concepts used has no count where none is.
counted_checks as (
    select
        *,
        case
            when not has_table or not has_field then null
            when check_name = 'isRequired' then table_rows - filled_rows
            when counted_rows is not null then counted_rows
            when check_name in ('cdmTable', 'cdmField', 'cdmDatatype', 'isPrimaryKey') then 0
            when concept_id is not null then 0
            when table_rows = 0 and is_of_concepts then 0
        end as violated_rows,
        case
            when denominator_rows is not null then denominator_rows
            when check_name in ('cdmTable', 'cdmField') then 1
            when concept_id is not null then 0
            when check_name in ('plausibleValueLow', 'plausibleValueHigh', 'plausibleAfterBirth')
                then filled_rows
            else table_rows
        end as all_rows
    from placed_checks
),

dqd_counts as (
    select
        cast(check_name as {{ sql_type('text') }}) as check_name,
        cast(cdm_table_name as {{ sql_type('text') }}) as cdm_table_name,
        cast(cdm_field_name as {{ sql_type('text') }}) as cdm_field_name,
        cast(concept_id as {{ sql_type('text') }}) as concept_id,
        cast(violated_rows as bigint) as violated_rows,
        cast(case when violated_rows is not null then all_rows end as bigint) as denominator_rows,
        cast(has_table as boolean) as has_table,
        cast(has_field as boolean) as has_field,
        cast(table_rows as bigint) as table_rows,
        cast(filled_rows as bigint) as filled_rows
    from counted_checks
)

select * from dqd_counts
