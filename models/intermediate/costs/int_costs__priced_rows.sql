-- One row per source row that has a price, with the CDM row it became.
{{ config(materialized='view') }}
with

encounters as (
    select * from {{ ref('int_visits__encounters') }}
),

visits as (
    select * from {{ ref('int_visits__encounters_assigned') }}
),

events as (
    select * from {{ ref('int_events__mapped') }}
),

table_domains as (
    select * from {{ ref('domain_tables') }}
),

-- The domain that has a table for itself names the table in cost_domain_id.
own_domains as (
    select
        cdm_table,
        min(domain_id) as domain_id
    from table_domains
    where is_own_table
    group by cdm_table
),

priced_rows as (
    select
        encounters.person_id,
        'encounter' as item_kind,
        1 as file_rank,
        visits.visit_occurrence_id as cost_event_id,
        'Visit' as cost_domain_id,
        encounters.encounter_id,
        encounters.encounter_code as item_code,
        encounters.started_at,
        encounters.base_encounter_cost as price,
        encounters.payer_coverage,
        encounters.payer_id
    from encounters
    inner join visits
        on
            encounters.person_id = visits.person_id
            and encounters.visit_detail_id = visits.visit_detail_id
    union all
    select
        events.person_id,
        case events.source_file
            when 'medications' then 'medication'
            else 'other'
        end as item_kind,
        case events.source_file
            when 'medications' then 2
            when 'immunizations' then 3
            else 4
        end as file_rank,
        events.event_id as cost_event_id,
        own_domains.domain_id as cost_domain_id,
        events.encounter_id,
        events.source_code as item_code,
        events.started_at,
        events.price,
        events.payer_coverage,
        coalesce(events.payer_id, encounters.payer_id) as payer_id
    from events
    inner join own_domains on events.cdm_table = own_domains.cdm_table
    left join encounters
        on
            events.person_id = encounters.person_id
            and events.visit_detail_id = encounters.visit_detail_id
    where
        events.target_no = 1
        and events.source_file in ('medications', 'immunizations', 'procedures')
)

select * from priced_rows
