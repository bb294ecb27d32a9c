-- Every REASONCODE of a row that is in the CDM leads to one condition or allergy of the same person
-- and code; encounters of one visit may each lead to another.
with

events as (
    select * from {{ ref('int_events__mapped') }}
),

encounters as (
    select * from {{ ref('int_visits__encounters') }}
),

visits as (
    select * from {{ ref('int_visits__encounters_assigned') }}
),

links as (
    select * from {{ ref('fact_relationship') }}
),

domains as (
    select * from {{ ref('domain_tables') }}
),

concepts as (
    select * from {{ ref('domain') }}
),

source_reasons as (
    select
        domains.domain_id,
        events.event_id,
        {{ shortened('events.reason_code', 50) }} as reason_code,
        1 as highest
    from events
    inner join domains on events.cdm_table = domains.cdm_table
    where domains.is_own_table and events.target_no = 1 and events.reason_code is not null
    union all
    select
        'Visit' as domain_id,
        visits.visit_occurrence_id as event_id,
        {{ shortened('encounters.reason_code', 50) }} as reason_code,
        count(*) as highest
    from encounters
    inner join visits
        on
            encounters.person_id = visits.person_id
            and encounters.visit_detail_id = visits.visit_detail_id
    where encounters.reason_code is not null
    group by visits.visit_occurrence_id, {{ shortened('encounters.reason_code', 50) }}
),

causes as (
    select
        'Condition' as domain_id,
        condition_occurrence_id as event_id,
        condition_source_value as reason_code
    from {{ ref('condition_occurrence') }}
    union all
    select
        'Observation' as domain_id,
        observation_id as event_id,
        observation_source_value as reason_code
    from {{ ref('observation') }}
),

linked as (
    select
        concepts.domain_id,
        links.fact_id_1 as event_id,
        causes.reason_code,
        count(*) as links
    from links
    inner join concepts on links.domain_concept_id_1 = concepts.domain_concept_id
    inner join concepts as cause_concepts
        on links.domain_concept_id_2 = cause_concepts.domain_concept_id
    left join causes
        on
            cause_concepts.domain_id = causes.domain_id
            and links.fact_id_2 = causes.event_id
            and (links.fact_id_1 >> 20) = (links.fact_id_2 >> 20)
    group by concepts.domain_id, links.fact_id_1, causes.reason_code
),

different as (
    select
        coalesce(source_reasons.domain_id, linked.domain_id) as domain_id,
        coalesce(source_reasons.event_id, linked.event_id) as event_id,
        source_reasons.reason_code as source_reason,
        linked.reason_code as linked_reason,
        linked.links
    from source_reasons
    full outer join linked
        on
            source_reasons.domain_id = linked.domain_id
            and source_reasons.event_id = linked.event_id
            and source_reasons.reason_code = linked.reason_code
    where
        source_reasons.event_id is null
        or linked.event_id is null
        or linked.links > source_reasons.highest
)

select * from different
