-- One row per marital status or place of birth of a patient.
with

changed_persons as (
    select * from {{ ref('int_changes__persons') }}
),

patients as (
    select * from {{ ref('int_people__patients') }}
),

spans as (
    select * from {{ ref('int_people__spans') }}
),

fact_codes as (
    select * from {{ ref('patient_fact_codes') }}
),

code_map as (
    select * from {{ ref('int_vocabulary__code_map') }}
    where source_file = 'patients' and target_no = 1 and cdm_table = 'observation'
),

periods as (
    select
        changed_persons.person_id,
        spans.first_date as period_start_date,
        {{ period_end() }} as period_end_date
    from spans
    inner join changed_persons on spans.person_id = changed_persons.person_id
),

-- The marital status is that of the export, so of the end of what is known. The birth itself would
-- stretch the observation period back to it.
stated as (
    select
        periods.person_id,
        'MARITAL' as fact,
        nullif(trim(patients.marital_status), '') as fact_value,
        periods.period_end_date as fact_date
    from patients
    inner join periods on patients.person_id = periods.person_id
    union all
    select
        periods.person_id,
        'BIRTHPLACE' as fact,
        nullif(trim(patients.birthplace), '') as fact_value,
        periods.period_start_date as fact_date
    from patients
    inner join periods on patients.person_id = periods.person_id
),

resolved as (
    select
        fact_codes.fact,
        fact_codes.source_value,
        code_map.target_concept_id
    from fact_codes
    left join code_map on fact_codes.concept_code = code_map.source_code
),

patient_facts as (
    select
        stated.person_id,
        'observation' as cdm_table,
        'patients' as source_file,
        13 as file_rank,
        stated.fact as source_code,
        {{ concept('No matching concept') }} as source_concept_id,
        case stated.fact
            when 'BIRTHPLACE' then {{ concept('Country of birth') }}
            else {{ concept_or_none('facts.target_concept_id') }}
        end as target_concept_id,
        1 as target_no,
        stated.fact_date as start_date,
        {{ concept('EHR') }} as type_concept_id,
        case stated.fact when 'BIRTHPLACE' then {{ shortened('stated.fact_value', 60) }} end
            as value_as_string,
        {{ shortened('stated.fact_value', 50) }} as value_source_value,
        case
            when stated.fact = 'BIRTHPLACE' and right(stated.fact_value, 3) = ' US'
                then {{ concept('United States of America') }}
            else {{ concept_or_none('fact_values.target_concept_id') }}
        end as value_as_concept_id
    from stated
    left join resolved as facts
        on
            stated.fact = facts.fact
            and facts.source_value is null
    left join resolved as fact_values
        on
            stated.fact = fact_values.fact
            and upper(stated.fact_value) = fact_values.source_value
    where stated.fact_value is not null
)

select * from patient_facts
