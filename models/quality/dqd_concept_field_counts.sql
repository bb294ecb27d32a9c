-- One row per check of a column's concepts or source values: how many violate it, of how many.
{{ config(materialized='view') }}
with

uses as (
    select * from {{ ref('dqd_concept_uses') }}
),

checks as (
    select * from {{ ref('dqd_checks') }}
),

concepts as (
    select * from {{ ref('concept') }}
),

-- NULL in `known_id` where the vocabulary lacks the concept.
known_uses as (
    select
        uses.*,
        concepts.concept_id as known_id,
        concepts.domain_id,
        concepts.concept_class_id,
        concepts.standard_concept,
        concepts.invalid_reason
    from uses
    left join concepts on uses.concept_id = concepts.concept_id
),

judged_uses as (
    select
        checks.check_name,
        checks.cdm_table_name,
        checks.cdm_field_name,
        known_uses.source_value,
        known_uses.used_rows,
        case checks.check_name
            when 'isForeignKey'
                then known_uses.concept_id is not null and known_uses.known_id is null
            when 'fkDomain'
                then known_uses.concept_id <> 0 and known_uses.domain_id <> checks.parameter
            when 'fkClass'
                then known_uses.concept_id <> 0 and known_uses.concept_class_id <> checks.parameter
            when 'isStandardValidConcept'
                then
                    known_uses.known_id <> 0
                    and (
                        coalesce(known_uses.standard_concept, '-') <> 'S'
                        or known_uses.invalid_reason is not null
                    )
            else
                known_uses.concept_id = 0
                or (known_uses.concept_id is null and known_uses.has_source_value)
        end as is_violated,
        case checks.check_name
            when 'isStandardValidConcept' then known_uses.concept_id is not null
            when 'standardConceptRecordCompleteness'
                then known_uses.concept_id is not null or known_uses.has_source_value
            when 'sourceConceptRecordCompleteness' then known_uses.concept_id is not null
            else true
        end as is_counted
    from checks
    inner join known_uses
        on
            checks.cdm_table_name = known_uses.cdm_table_name
            and checks.cdm_field_name = known_uses.cdm_field_name
    where
        checks.check_name in (
            'fkDomain', 'fkClass', 'isStandardValidConcept', 'standardConceptRecordCompleteness',
            'sourceConceptRecordCompleteness', 'sourceValueCompleteness'
        )
        or (checks.check_name = 'isForeignKey' and checks.parameter = 'concept.concept_id')
),

-- Source values count once each, and so does having none; everything else counts rows.
dqd_concept_field_counts as (
    select
        cast(check_name as {{ sql_type('text') }}) as check_name,
        cast(cdm_table_name as {{ sql_type('text') }}) as cdm_table_name,
        cast(cdm_field_name as {{ sql_type('text') }}) as cdm_field_name,
        cast(
            case
                when check_name = 'sourceValueCompleteness'
                    then count(distinct case when is_violated then source_value end)
                else coalesce(sum(case when is_violated then used_rows end), 0)
            end as bigint
        ) as violated_rows,
        cast(
            case
                when check_name = 'sourceValueCompleteness'
                    then
                        count(distinct source_value)
                        + max(case when source_value is null then 1 else 0 end)
                else coalesce(sum(case when is_counted then used_rows end), 0)
            end as bigint
        ) as denominator_rows
    from judged_uses
    group by check_name, cdm_table_name, cdm_field_name
)

select * from dqd_concept_field_counts
