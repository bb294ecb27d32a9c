-- One row per CDM row and the condition or allergy that it has as its reason.
{{ config(materialized='incremental', meta={'person_expression': '(fact_id_1 >> 20)'}) }}
{%- set no_uuid = "cast('00000000-0000-0000-0000-000000000000' as " ~ sql_type('uuid') ~ ")" %}
with

reasons as (
    select * from {{ ref('int_events__reasons') }}
    {{ of_changed_persons() }}
),

added as (
    select * from {{ ref('int_events__added') }}
    {{ of_changed_persons() }}
),

table_domains as (
    select * from {{ ref('domain_tables') }}
),

domains as (
    select * from {{ ref('stg_vocabulary__domains') }}
),

-- The reasons that had to be given a row of their own.
reason_rows as (
    select
        person_id,
        encounter_id,
        source_code,
        cdm_table,
        event_id
    from added
    where source_file = 'reasons' and target_no = 1
),

-- A table is named by the concept of the domain that it is made for.
kinds as (
    select
        case domains.domain_id
            when 'Visit' then 'visit_occurrence'
            else table_domains.cdm_table
        end as cdm_table,
        domains.domain_concept_id
    from domains
    inner join table_domains on domains.domain_id = table_domains.domain_id
    where table_domains.is_own_table or domains.domain_id = 'Visit'
),

linked as (
    select
        reasons.cdm_table,
        reasons.event_id,
        coalesce(reasons.reason_table, reason_rows.cdm_table) as reason_table,
        coalesce(reasons.reason_id, reason_rows.event_id) as reason_id
    from reasons
    left join reason_rows
        on
            reasons.reason_id is null
            and reasons.person_id = reason_rows.person_id
            and reasons.reason_code = reason_rows.source_code
            -- A hash join on PostgreSQL needs an equality, also where there is no encounter.
            and coalesce(reasons.encounter_id, {{ no_uuid }})
            = coalesce(reason_rows.encounter_id, {{ no_uuid }})
),

-- Encounters of one stay may share their reason. One direction only: no concept says the reverse.
fact_relationship as (
    select distinct
        cast(kinds.domain_concept_id as integer) as domain_concept_id_1,
        linked.event_id as fact_id_1,
        cast(reason_kinds.domain_concept_id as integer) as domain_concept_id_2,
        linked.reason_id as fact_id_2,
        {{ concept('Has reason') }} as relationship_concept_id
    from linked
    inner join kinds on linked.cdm_table = kinds.cdm_table
    inner join kinds as reason_kinds on linked.reason_table = reason_kinds.cdm_table
)

select * from fact_relationship
