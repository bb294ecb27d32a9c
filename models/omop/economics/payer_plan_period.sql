-- One row per coverage period of a person.
{{ config(materialized='incremental') }}
with

periods as (
    select * from {{ ref('int_costs__coverage_periods') }}
    {{ of_changed_persons() }}
),

payers as (
    select * from {{ ref('stg_synthea__payers') }}
),

payer_concepts as (
    select * from {{ ref('payer_concepts') }}
),

concepts as (
    select * from {{ ref('stg_vocabulary__concepts') }}
),

named_payers as (
    select
        payer_id,
        payer_name,
        ownership,
        row_number() over (
            partition by payer_id
            order by payer_name {{ bytewise() }} nulls last, ownership {{ bytewise() }} nulls last
        ) as payer_row
    from payers
),

-- A payer that the seed names, else the seed's row for its kind of ownership.
judged_payers as (
    select
        named_payers.payer_id,
        named_payers.payer_name,
        named_payers.ownership,
        max(concepts.concept_id) as payer_concept_id
    from named_payers
    left join payer_concepts as by_name on lower(named_payers.payer_name) = by_name.payer_name
    left join payer_concepts as by_ownership
        on
            by_name.payer_name is null
            and by_ownership.payer_name is null
            and lower(named_payers.ownership) = by_ownership.ownership
    left join concepts
        on
            coalesce(by_name.vocabulary_id, by_ownership.vocabulary_id) = concepts.vocabulary_id
            and coalesce(by_name.concept_code, by_ownership.concept_code) = concepts.concept_code
            and concepts.standard_concept = 'S'
            and concepts.invalid_reason is null
    where named_payers.payer_row = 1
    group by named_payers.payer_id, named_payers.payer_name, named_payers.ownership
),

payer_plan_period as (
    select
        periods.payer_plan_period_id,
        periods.person_id,
        periods.start_date as payer_plan_period_start_date,
        periods.end_date as payer_plan_period_end_date,
        {{ concept_or_none('judged_payers.payer_concept_id') }} as payer_concept_id,
        {{ shortened(
            'coalesce(judged_payers.payer_name, cast(periods.payer_id as ' ~ sql_type('text') ~ '))', 50
        ) }}
            as payer_source_value,
        {{ concept('No matching concept') }} as payer_source_concept_id,
        cast(null as integer) as plan_concept_id,
        cast(null as varchar(50)) as plan_source_value,
        cast(null as integer) as plan_source_concept_id,
        case
            when judged_payers.ownership is not null then {{ concept('No matching concept') }}
        end as sponsor_concept_id,
        {{ shortened('judged_payers.ownership', 50) }} as sponsor_source_value,
        cast(null as integer) as sponsor_source_concept_id,
        cast(periods.member_id as varchar(50)) as family_source_value,
        cast(null as integer) as stop_reason_concept_id,
        cast(null as varchar(50)) as stop_reason_source_value,
        cast(null as integer) as stop_reason_source_concept_id
    from periods
    left join judged_payers on periods.payer_id = judged_payers.payer_id
)

select * from payer_plan_period
