-- One row per Synthea patient ever loaded.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    post_hook="{{ unique_keys(['person_id', 'patient_id']) }}",
) }}
with

patients as (
    select * from {{ ref('stg_synthea__patients') }}
),

unknown as (
    select distinct patient_id
    from patients
    {% if is_incremental() %}
    where not exists (
        select 1 from {{ this }} as known
        where known.patient_id = patients.patient_id
    )
    {% endif %}
),

persons as (
    select
        cast(
            {{ last_key('person_id') }} + row_number() over (order by patient_id) as bigint
        ) as person_id,
        cast(patient_id as {{ sql_type('uuid') }}) as patient_id
    from unknown
)

select * from persons
