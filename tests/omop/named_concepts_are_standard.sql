-- Every concept that macros/named_concepts.sql names is in the vocabulary under that name and
-- domain, standard and valid. The concept 0 is the one that is not standard.
with

named as (
    {%- for name, named_concept in named_concepts().items() %}
        select
            {{ named_concept.id }} as concept_id,
            '{{ name }}' as concept_name,
            '{{ named_concept.domain }}' as domain_id
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
),

concepts as (
    select * from {{ ref('concept') }}
),

misnamed as (
    select
        named.concept_id,
        named.concept_name,
        named.domain_id,
        concepts.concept_name as name_held,
        concepts.domain_id as domain_held,
        concepts.standard_concept,
        concepts.invalid_reason
    from named
    left join concepts on named.concept_id = concepts.concept_id
    where
        concepts.concept_id is null
        or named.concept_name <> concepts.concept_name
        or named.domain_id <> concepts.domain_id
        or concepts.invalid_reason is not null
        or (named.concept_id <> 0 and coalesce(concepts.standard_concept, '') <> 'S')
)

select * from misnamed
