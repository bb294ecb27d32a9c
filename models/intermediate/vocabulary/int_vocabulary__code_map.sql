-- One row per source code ever loaded and standard concept it maps to, or one without a concept.
with

source_concepts as (
    select * from {{ ref('int_vocabulary__source_concepts') }}
),

code_links as (
    select * from {{ ref('int_vocabulary__code_links') }}
),

domain_tables as (
    select * from {{ ref('domain_tables') }}
),

code_values as (
    select
        source_file,
        code_system,
        source_code,
        min(concept_id) as concept_id
    from code_links
    where purpose = 'value'
    group by source_file, code_system, source_code
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
        code_values.concept_id as value_concept_id,
        domain_tables.cdm_table,
        coalesce(
            source_concepts.source_file = 'allergies'
            and (
                targets.domain_id = 'Drug'
                or targets.concept_class_id
                not in ('Clinical Finding', 'Disorder', 'Context-dependent')
            ),
            false
        ) as is_allergen
    from source_concepts
    left join code_links as targets
        on
            source_concepts.source_file = targets.source_file
            and source_concepts.code_system = targets.code_system
            and source_concepts.source_code = targets.source_code
            and targets.purpose = 'target'
    left join domain_tables on targets.domain_id = domain_tables.domain_id
    left join code_values
        on
            source_concepts.source_file = code_values.source_file
            and source_concepts.code_system = code_values.code_system
            and source_concepts.source_code = code_values.source_code
),

code_map as (
    select
        source_file,
        code_system,
        source_code,
        vocabulary_id,
        source_concept_id,
        case
            when is_allergen then {{ concept('Allergic disposition') }}
            else concept_id
        end as target_concept_id,
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
