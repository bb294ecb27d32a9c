-- The kinds of payer that the seed names for the data are in the vocabulary (SOPT). Where one is
-- not, its periods have payer concept 0.
{{ config(severity='warn') }}
with

periods as (
    select * from {{ ref('payer_plan_period') }}
),

payer_concepts as (
    select * from {{ ref('payer_concepts') }}
),

without_concept as (
    select
        payer_concepts.payer_name,
        payer_concepts.vocabulary_id,
        payer_concepts.concept_code,
        count(*) as periods
    from periods
    inner join payer_concepts on lower(periods.payer_source_value) = payer_concepts.payer_name
    where periods.payer_concept_id = 0
    group by payer_concepts.payer_name, payer_concepts.vocabulary_id, payer_concepts.concept_code
)

select * from without_concept
