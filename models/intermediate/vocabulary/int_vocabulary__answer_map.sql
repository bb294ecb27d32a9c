-- One row per question and coded answer that were ever in the observations.
with

answers_present as (
    select * from {{ ref('int_vocabulary__values_present') }}
),

answer_concepts as (
    select * from {{ ref('answer_concepts') }}
),

loinc_concepts as (
    select * from {{ ref('stg_vocabulary__concepts') }}
    where
        vocabulary_id = 'LOINC'
        and concept_class_id = 'Answer'
        and standard_concept = 'S'
        and invalid_reason is null
),

snomed_concepts as (
    select * from {{ ref('stg_vocabulary__concepts') }}
    where vocabulary_id = 'SNOMED' and standard_concept = 'S' and invalid_reason is null
),

-- Synthea writes the display text without its commas, which leaves runs of blanks.
answers as (
    select
        question_code,
        value_text as answer_text,
        {{ normalised('value_text') }} as normal_text,
        {{ normalised("regexp_replace(value_text, ' *[(][^()]*[)] *$', '')") }} as bare_text
    from answers_present
    where value_kind = 'answer'
),

loinc_answers as (
    select
        {{ normalised('concept_name') }} as normal_name,
        min(concept_id) as concept_id
    from loinc_concepts
    group by {{ normalised('concept_name') }}
),

bare_texts as (
    select distinct bare_text from answers
),

snomed_answers as (
    select
        bare_texts.bare_text,
        snomed_concepts.concept_id,
        row_number() over (
            partition by bare_texts.bare_text
            order by
                case snomed_concepts.domain_id
                    when 'Meas Value' then 1
                    when 'Observation' then 2
                    else 3
                end,
                snomed_concepts.concept_id
        ) as choice
    from bare_texts
    inner join snomed_concepts
        on bare_texts.bare_text = {{ normalised('snomed_concepts.concept_name') }}
),

answer_map as (
    select
        answers.question_code,
        answers.answer_text,
        coalesce(
            judged_for_question.concept_id,
            judged.concept_id,
            loinc_answers.concept_id,
            snomed_answers.concept_id,
            {{ concept('No matching concept') }}
        ) as value_concept_id
    from answers
    left join answer_concepts as judged_for_question
        on
            answers.question_code = judged_for_question.question_code
            and answers.normal_text = judged_for_question.answer_text
    left join answer_concepts as judged
        on
            answers.normal_text = judged.answer_text
            and judged.question_code is null
    left join loinc_answers on answers.normal_text = loinc_answers.normal_name
    left join snomed_answers
        on
            answers.bare_text = snomed_answers.bare_text
            and snomed_answers.choice = 1
)

select * from answer_map
