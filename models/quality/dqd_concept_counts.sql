-- One row per check of a concept that occurs: how many rows violate it, and of how many.
{{ config(materialized='view') }}
with

uses as (
    select * from {{ ref('dqd_concept_uses') }}
),

checks as (
    select
        *,
        lower(cdm_field_name) as field
    from {{ ref('dqd_checks') }}
    where concept_id is not null
),

ancestors as (
    select * from {{ ref('concept_ancestor') }}
),

used_concepts as (
    select distinct concept_id
    from uses
),

-- The longest list has seven.
places as (
    select listed.place
    from (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) as listed (place)
),

named_concepts as (
    select
        checks.check_name,
        checks.cdm_table_name,
        checks.field,
        checks.concept_id as concept_ids,
        checks.parameter,
        cast(split_part(checks.concept_id, ', ', places.place) as integer) as concept_id
    from checks
    cross join places
    where split_part(checks.concept_id, ', ', places.place) <> ''
),

used_ancestors as (
    select ancestors.*
    from ancestors
    inner join used_concepts on ancestors.descendant_concept_id = used_concepts.concept_id
    where ancestors.ancestor_concept_id in (
        select named_concepts.concept_id from named_concepts
        where named_concepts.check_name = 'plausibleGenderUseDescendants'
    )
),

-- A concept that descends from two of the list is checked once.
checked_concepts as (
    select distinct
        named_concepts.check_name,
        named_concepts.cdm_table_name,
        named_concepts.field,
        named_concepts.concept_ids,
        named_concepts.parameter,
        coalesce(used_ancestors.descendant_concept_id, named_concepts.concept_id) as concept_id
    from named_concepts
    left join used_ancestors
        on
            named_concepts.check_name = 'plausibleGenderUseDescendants'
            and named_concepts.concept_id = used_ancestors.ancestor_concept_id
),

judged_uses as (
    select
        checked_concepts.check_name,
        checked_concepts.cdm_table_name,
        upper(checked_concepts.field) as cdm_field_name,
        checked_concepts.concept_ids,
        uses.used_rows,
        case
            when checked_concepts.check_name = 'plausibleUnitConceptIds'
                then
                    uses.unit_concept_id <> 0
                    and ',' || checked_concepts.parameter || ','
                    not like '%,' || cast(uses.unit_concept_id as {{ sql_type('text') }}) || ',%'
            when checked_concepts.parameter = 'Male'
                then uses.gender_concept_id <> {{ concept('MALE') }}
            when checked_concepts.parameter = 'Female'
                then uses.gender_concept_id <> {{ concept('FEMALE') }}
        end as is_violated,
        case
            when checked_concepts.check_name = 'plausibleUnitConceptIds'
                then coalesce(uses.unit_concept_id, -1) <> 0
            else true
        end as is_counted
    from checked_concepts
    inner join uses
        on
            checked_concepts.cdm_table_name = uses.cdm_table_name
            and checked_concepts.field = uses.cdm_field_name
            and checked_concepts.concept_id = uses.concept_id
),

dqd_concept_counts as (
    select
        cast(check_name as {{ sql_type('text') }}) as check_name,
        cast(cdm_table_name as {{ sql_type('text') }}) as cdm_table_name,
        cast(cdm_field_name as {{ sql_type('text') }}) as cdm_field_name,
        cast(concept_ids as {{ sql_type('text') }}) as concept_id,
        cast(
            coalesce(sum(case when is_violated then used_rows end), 0) as bigint
        ) as violated_rows,
        cast(
            coalesce(sum(case when is_counted then used_rows end), 0) as bigint
        ) as denominator_rows
    from judged_uses
    group by check_name, cdm_table_name, cdm_field_name, concept_ids
)

select * from dqd_concept_counts
