-- One row per source code ever loaded and standard concept it is linked to, as target or value.
with

source_concepts as (
    select * from {{ ref('int_vocabulary__source_concepts') }}
),

source_to_concept_maps as (
    select * from {{ ref('stg_vocabulary__source_to_concept_maps') }}
),

relationships as (
    select * from {{ ref('stg_vocabulary__concept_relationships') }}
),

concepts as (
    select * from {{ ref('stg_vocabulary__concepts') }}
),

links as (
    select
        source_concepts.source_file,
        source_concepts.code_system,
        source_concepts.source_code,
        'target' as purpose,
        source_to_concept_maps.target_concept_id as concept_id,
        1 as map_rank
    from source_concepts
    inner join source_to_concept_maps
        on
            source_concepts.vocabulary_id = source_to_concept_maps.source_vocabulary_id
            and source_concepts.source_code = source_to_concept_maps.source_code
    where source_to_concept_maps.invalid_reason is null
    union all
    select
        source_concepts.source_file,
        source_concepts.code_system,
        source_concepts.source_code,
        case relationships.relationship_id when 'Maps to' then 'target' else 'value' end as purpose,
        relationships.concept_id_2 as concept_id,
        2 as map_rank
    from source_concepts
    inner join relationships on source_concepts.source_concept_id = relationships.concept_id_1
    where
        relationships.relationship_id in ('Maps to', 'Maps to value')
        and relationships.invalid_reason is null
        and source_concepts.source_concept_id <> {{ concept('No matching concept') }}
    union all
    select
        source_file,
        code_system,
        source_code,
        'target' as purpose,
        source_concept_id as concept_id,
        3 as map_rank
    from source_concepts
    where is_standard
),

-- Of the three sources of a target the best one that has anything decides alone, because a union of
-- a user's map and the vocabulary's would double the rows. A concept that maps to something is not
-- its own target, even where what it maps to is no longer standard.
ranked as (
    select
        links.source_file,
        links.code_system,
        links.source_code,
        links.purpose,
        links.map_rank,
        concepts.concept_id,
        concepts.domain_id,
        concepts.concept_class_id,
        min(case when links.map_rank = 2 or concepts.concept_id is not null then links.map_rank end)
            over (
                partition by
                    links.source_file, links.code_system, links.source_code, links.purpose
            ) as best_rank
    from links
    left join concepts
        on
            links.concept_id = concepts.concept_id
            and concepts.standard_concept = 'S'
            and concepts.invalid_reason is null
),

code_links as (
    select distinct
        source_file,
        code_system,
        source_code,
        purpose,
        concept_id,
        domain_id,
        concept_class_id
    from ranked
    where map_rank = best_rank and concept_id is not null
)

select * from code_links
