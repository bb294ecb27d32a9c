-- One row per unit text or coded answer that was ever in the observations.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
) }}
with

events as (
    select * from {{ ref('int_events__collected') }}
),

occurring as (
    select distinct
        'unit' as value_kind,
        '' as question_code,
        unit_text as value_text
    from events
    where unit_text is not null
    union all
    select distinct
        'answer' as value_kind,
        source_code as question_code,
        answer_text as value_text
    from events
    where answer_text is not null
),

values_present as (
    select
        cast(value_kind as {{ sql_type('text') }}) as value_kind,
        cast(question_code as {{ sql_type('text') }}) as question_code,
        cast(value_text as {{ sql_type('text') }}) as value_text
    from occurring
    {% if is_incremental() %}
    where not exists (
        select 1 from {{ this }} as known
        where
            known.value_kind = occurring.value_kind
            and known.question_code = occurring.question_code
            and known.value_text = occurring.value_text
    )
    {% endif %}
)

select * from values_present
