-- The codes that the seed names for what the patients' data say are in the vocabulary. Where one is
-- not, the fact or its value has concept 0.
{{ config(severity='warn') }}
with

patients as (
    select
        person_id,
        upper(trim(marital_status)) as marital_status
    from {{ ref('int_people__patients') }}
),

fact_codes as (
    select * from {{ ref('patient_fact_codes') }}
),

code_map as (
    select * from {{ ref('int_vocabulary__code_map') }}
    where source_file = 'patients'
),

without_concept as (
    select
        fact_codes.fact,
        fact_codes.source_value,
        fact_codes.vocabulary_id,
        fact_codes.concept_code,
        count(*) as patients
    from patients
    inner join fact_codes
        on patients.marital_status = coalesce(fact_codes.source_value, patients.marital_status)
    left join code_map on fact_codes.concept_code = code_map.source_code
    where code_map.target_concept_id is null
    group by
        fact_codes.fact, fact_codes.source_value, fact_codes.vocabulary_id, fact_codes.concept_code
)

select * from without_concept
