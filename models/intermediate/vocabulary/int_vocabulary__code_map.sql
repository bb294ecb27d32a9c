-- One row per source code that occurs and standard concept it maps to; a code without one has one row.
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

-- The same table once more: PostgreSQL would copy a relation that is named in two places, and look
-- nothing up in it.
value_concepts as (
    select * from {{ ref('stg_vocabulary__concepts') }}
),

domain_tables as (
    select * from {{ ref('domain_tables') }}
),

valid_links as (
    select
        source_concepts.source_file,
        source_concepts.code_system,
        source_concepts.source_code,
        relationships.relationship_id,
        relationships.concept_id_2 as concept_id
    from source_concepts
    inner join relationships on source_concepts.source_concept_id = relationships.concept_id_1
    where
        relationships.relationship_id in ('Maps to', 'Maps to value')
        and relationships.invalid_reason is null
        and source_concepts.source_concept_id <> {{ concept('No matching concept') }}
),

-- Three sources of a map in the order of their rank: the best one that has anything decides alone,
-- because a union of a user's map and the vocabulary's would double the rows.
links as (
    select
        source_concepts.source_file,
        source_concepts.code_system,
        source_concepts.source_code,
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
        source_file,
        code_system,
        source_code,
        concept_id,
        2 as map_rank
    from valid_links
    where relationship_id = 'Maps to'
    union all
    select
        source_file,
        code_system,
        source_code,
        source_concept_id as concept_id,
        3 as map_rank
    from source_concepts
    where is_standard
),

targets as (
    select distinct
        links.source_file,
        links.code_system,
        links.source_code,
        links.map_rank,
        concepts.concept_id,
        concepts.domain_id,
        concepts.concept_class_id,
        min(links.map_rank) over (
            partition by links.source_file, links.code_system, links.source_code
        ) as best_rank
    from links
    inner join concepts on links.concept_id = concepts.concept_id
    where concepts.standard_concept = 'S' and concepts.invalid_reason is null
),

value_targets as (
    select
        valid_links.source_file,
        valid_links.code_system,
        valid_links.source_code,
        min(value_concepts.concept_id) as concept_id
    from valid_links
    inner join value_concepts on valid_links.concept_id = value_concepts.concept_id
    where
        valid_links.relationship_id = 'Maps to value'
        and value_concepts.standard_concept = 'S'
        and value_concepts.invalid_reason is null
    group by valid_links.source_file, valid_links.code_system, valid_links.source_code
),

-- The code of an allergy is mostly the allergen itself, not a disorder: then the person has an
-- allergic disposition and the allergen is its value.
routed as (
    select
        source_concepts.source_file,
        source_concepts.code_system,
        source_concepts.source_code,
        source_concepts.vocabulary_id,
        source_concepts.source_concept_id,
        targets.concept_id,
        value_targets.concept_id as value_concept_id,
        domain_tables.cdm_table,
        coalesce(
            source_concepts.source_file = 'allergies'
            and (
                targets.domain_id = 'Drug'
                or targets.concept_class_id not in ('Clinical Finding', 'Disorder', 'Context-dependent')
            ),
            false
        ) as is_allergen
    from source_concepts
    left join targets
        on
            source_concepts.source_file = targets.source_file
            and source_concepts.code_system = targets.code_system
            and source_concepts.source_code = targets.source_code
            and targets.map_rank = targets.best_rank
    left join domain_tables on targets.domain_id = domain_tables.domain_id
    left join value_targets
        on
            source_concepts.source_file = value_targets.source_file
            and source_concepts.code_system = value_targets.code_system
            and source_concepts.source_code = value_targets.source_code
),

code_map as (
    select
        source_file,
        code_system,
        source_code,
        vocabulary_id,
        source_concept_id,
        case when is_allergen then {{ concept('Allergic disposition') }} else concept_id end as target_concept_id,
        case when is_allergen then concept_id else value_concept_id end as value_concept_id,
        case when is_allergen then 'observation' else cdm_table end as cdm_table,
        cast(
            row_number() over (
                partition by source_file, code_system, source_code order by concept_id nulls last
            ) as integer
        ) as target_no
    from routed
)

select * from code_map
