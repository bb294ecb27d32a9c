-- One row per source code that was ever loaded, by file and code system.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
) }}
with

events as (
    select * from {{ ref('int_events__collected') }}
),

encounters as (
    select * from {{ ref('stg_synthea__encounters') }}
    {{ of_changed_persons('patient_id') }}
),

allergies as (
    select * from {{ ref('stg_synthea__allergies') }}
    {{ of_changed_persons('patient_id') }}
),

patient_fact_codes as (
    select * from {{ ref('patient_fact_codes') }}
),

reactions as (
    select first_reaction_code as reaction_code from allergies
    union all
    select second_reaction_code as reaction_code from allergies
),

occurring as (
    select distinct
        source_file,
        code_system,
        source_code
    from events
    where source_code is not null
    union all
    select distinct
        'reasons' as source_file,
        '' as code_system,
        reason_code as source_code
    from events
    where reason_code is not null
    union all
    select distinct
        'encounters' as source_file,
        '' as code_system,
        encounter_code as source_code
    from encounters
    where encounter_code is not null
    union all
    select distinct
        'reasons' as source_file,
        '' as code_system,
        reason_code as source_code
    from encounters
    where reason_code is not null
    union all
    select distinct
        'reactions' as source_file,
        '' as code_system,
        reaction_code as source_code
    from reactions
    where reaction_code is not null
    union all
    select
        'patients' as source_file,
        '' as code_system,
        concept_code as source_code
    from patient_fact_codes
),

codes_present as (
    select distinct
        cast(source_file as {{ sql_type('text') }}) as source_file,
        cast(code_system as {{ sql_type('text') }}) as code_system,
        cast(source_code as {{ sql_type('text') }}) as source_code
    from occurring
    {% if is_incremental() %}
    where not exists (
        select 1 from {{ this }} as known
        where
            known.source_file = occurring.source_file
            and known.code_system = occurring.code_system
            and known.source_code = occurring.source_code
    )
    {% endif %}
)

select * from codes_present
