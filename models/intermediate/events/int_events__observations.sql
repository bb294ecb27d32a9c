-- One row per observation of observations.csv, in the shape of an event.
with

source_observations as (
    select * from {{ ref('stg_synthea__observations') }}
),

negative_value_codes as (
    select * from {{ ref('negative_value_codes') }}
),

parsed as (
    select
        source_observations.patient_id,
        source_observations.encounter_id,
        source_observations.category,
        source_observations.observation_code,
        source_observations.observed_at,
        source_observations.value_text,
        negative_value_codes.source_code is not null as may_be_negative,
        -- Up to v3.0 a missing unit is the word null.
        nullif(nullif(trim(source_observations.unit_text), ''), 'null') as unit_text,
        coalesce(source_observations.value_type = 'numeric', false) as is_numeric,
        coalesce({{ matches('source_observations.value_text', number_pattern()) }}, false)
            as is_number
    from source_observations
    left join negative_value_codes
        on source_observations.observation_code = negative_value_codes.source_code
),

-- Text and boolean rows stay text even where they look like a number; a negative number is kept
-- only where the quantity can be negative.
observations as (
    select
        'observations' as source_file,
        7 as file_rank,
        patient_id,
        encounter_id,
        '' as code_system,
        observation_code as source_code,
        cast(observed_at as date) as start_date,
        observed_at as started_at,
        case
            when category in ('laboratory', 'vital-signs') then 'measurement'
            when coalesce(category, '') = '' and is_numeric and encounter_id is not null
                then 'measurement'
            else 'observation'
        end as home_table,
        case
            when category = 'laboratory' then {{ concept('Lab') }}
            when category = 'survey' then {{ concept('Patient self-report') }}
            when encounter_id is null then {{ concept('EHR') }}
            else {{ concept('EHR encounter record') }}
        end as type_concept_id,
        case
            when is_numeric and is_number and (may_be_negative or left(value_text, 1) <> '-')
                then cast(value_text as numeric(18, 6))
        end as value_as_number,
        case when not is_numeric then {{ shortened('value_text', 60) }} end as value_as_string,
        {{ shortened('value_text', 50) }} as value_source_value,
        case
            when not is_numeric and not is_number then nullif(trim(value_text), '')
        end as answer_text,
        unit_text
    from parsed
)

select * from observations
