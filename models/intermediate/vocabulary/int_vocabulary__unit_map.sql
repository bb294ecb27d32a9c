-- One row per unit text that was ever in the observations.
with

units_present as (
    select * from {{ ref('int_vocabulary__values_present') }}
),

unit_concepts as (
    select * from {{ ref('unit_concepts') }}
),

ucum as (
    select * from {{ ref('stg_vocabulary__concepts') }}
    where vocabulary_id = 'UCUM'
),

targets as (
    select * from {{ ref('stg_vocabulary__concepts') }}
    where standard_concept = 'S' and invalid_reason is null
),

relationships as (
    select * from {{ ref('stg_vocabulary__concept_relationships') }}
),

-- UCUM codes are case-sensitive and so is this join: K/uL is not k/uL.
looked_up as (
    select
        units_present.value_text as unit_text,
        unit_concepts.unit_text is not null as is_judged,
        unit_concepts.unit_concept_id as judged_concept_id,
        min(ucum.concept_id) as source_concept_id,
        min(
            case
                when ucum.standard_concept = 'S' and ucum.invalid_reason is null
                    then ucum.concept_id
            end
        ) as own_concept_id,
        min(targets.concept_id) as mapped_concept_id
    from units_present
    left join unit_concepts on units_present.value_text = unit_concepts.unit_text
    left join ucum on units_present.value_text = ucum.concept_code
    left join relationships
        on
            ucum.concept_id = relationships.concept_id_1
            and relationships.relationship_id = 'Maps to'
            and relationships.invalid_reason is null
    left join targets on relationships.concept_id_2 = targets.concept_id
    where units_present.value_kind = 'unit'
    group by units_present.value_text, unit_concepts.unit_text, unit_concepts.unit_concept_id
),

-- A text that the seed calls no unit leaves all three unit columns empty; 0 would say "a unit that
-- is not known".
unit_map as (
    select
        unit_text,
        case
            when is_judged then judged_concept_id
            else {{ concept_or_none('coalesce(own_concept_id, mapped_concept_id)') }}
        end as unit_concept_id,
        case
            when is_judged and judged_concept_id is null then null
            else {{ concept_or_none('source_concept_id') }}
        end as unit_source_concept_id,
        case
            when is_judged and judged_concept_id is null then null
            else {{ shortened('unit_text', 50) }}
        end as unit_source_value
    from looked_up
)

select * from unit_map
