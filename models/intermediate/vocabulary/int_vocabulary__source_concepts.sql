-- One row per source code ever loaded, with the vocabulary it belongs to and its source concept.
with

codes as (
    select * from {{ ref('int_vocabulary__codes_present') }}
),

code_systems as (
    select * from {{ ref('code_systems') }}
),

default_vocabularies as (
    select * from {{ ref('default_vocabularies') }}
),

concepts as (
    select * from {{ ref('stg_vocabulary__concepts') }}
),

-- A SYSTEM that is known decides; a missing or unknown one leaves the file's default vocabularies
-- in their order.
candidates as (
    select
        codes.source_file,
        codes.code_system,
        codes.source_code,
        code_systems.vocabulary_id,
        1 as priority
    from codes
    inner join code_systems on codes.code_system = code_systems.code_system
    union all
    select
        codes.source_file,
        codes.code_system,
        codes.source_code,
        default_vocabularies.vocabulary_id,
        default_vocabularies.priority
    from codes
    inner join default_vocabularies
        on
            codes.source_file = default_vocabularies.source_file
            and {{ matches('codes.source_code', 'default_vocabularies.code_pattern') }}
    left join code_systems on codes.code_system = code_systems.code_system
    where code_systems.code_system is null
),

-- CVX codes below 10 are stored with a leading zero, and exports exist that lost it.
spellings as (
    select
        source_file,
        code_system,
        source_code,
        vocabulary_id,
        priority,
        source_code as vocabulary_code,
        1 as spelling
    from candidates
    union all
    select
        source_file,
        code_system,
        source_code,
        vocabulary_id,
        priority,
        '0' || source_code as vocabulary_code,
        2 as spelling
    from candidates
    where vocabulary_id = 'CVX' and {{ matches('source_code', "'[0-9]'") }}
),

ranked as (
    select
        spellings.source_file,
        spellings.code_system,
        spellings.source_code,
        spellings.vocabulary_id,
        concepts.concept_id,
        concepts.standard_concept,
        concepts.invalid_reason,
        row_number() over (
            partition by spellings.source_file, spellings.code_system, spellings.source_code
            order by
                case when concepts.concept_id is null then 1 else 0 end,
                spellings.priority,
                spellings.spelling,
                concepts.concept_id nulls last
        ) as choice
    from spellings
    left join concepts
        on
            spellings.vocabulary_id = concepts.vocabulary_id
            and spellings.vocabulary_code = concepts.concept_code
),

source_concepts as (
    select
        source_file,
        code_system,
        source_code,
        vocabulary_id,
        {{ concept_or_none('concept_id') }} as source_concept_id,
        coalesce(standard_concept = 'S' and invalid_reason is null, false) as is_standard
    from ranked
    where choice = 1
)

select * from source_concepts
