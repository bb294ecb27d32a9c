-- An id that points into one of several tables meets a row there: that a cost is for, that has a
-- reason or is one, an allergy that a reaction is of. Another column says into which table, and may
-- say none but these. A cost's coverage period is here too: the Data Quality Dashboard has no check
-- of it, as it has of all other references.
{#- Each table's domain, as the costs have it, and the concept of that, as the reasons do. Rows are
    joined by the concept: a number takes half as long as a name. -#}
{%- set domains = {
    'visit_occurrence': ('Visit', 8),
    'condition_occurrence': ('Condition', 19),
    'drug_exposure': ('Drug', 13),
    'procedure_occurrence': ('Procedure', 10),
    'device_exposure': ('Device', 17),
    'measurement': ('Measurement', 21),
    'observation': ('Observation', 27),
    'specimen': ('Specimen', 36),
} %}
{%- set allergies_are_in = domains.keys() | reject('in', ['visit_occurrence', 'specimen']) | list %}
with

costs as (
    select * from {{ ref('cost') }}
),

reasons as (
    select * from {{ ref('fact_relationship') }}
),

observations as (
    select * from {{ ref('observation') }}
),

coverage_periods as (
    select * from {{ ref('payer_plan_period') }}
),

referred as (
    select
        'cost.cost_event_id' as referred_by,
        case cost_domain_id
            {%- for domain, domain_concept in domains.values() %}
                when '{{ domain }}' then {{ domain_concept }}
            {%- endfor %}
        end as domain_concept_id,
        cost_event_id as id
    from costs
    {%- for number in [1, 2] %}
        union all
        select
            'fact_relationship.fact_id_{{ number }}' as referred_by,
            domain_concept_id_{{ number }} as domain_concept_id,
            fact_id_{{ number }} as id
        from reasons
    {%- endfor %}
    union all
    select
        'observation.observation_event_id' as referred_by,
        case obs_event_field_concept_id
            {%- for table in allergies_are_in %}
                when {{ concept(table ~ '.' ~ table ~ '_id') }} then {{ domains[table][1] }}
            {%- endfor %}
        end as domain_concept_id,
        observation_event_id as id
    from observations
),

events as (
    {%- for table, (_, domain_concept) in domains.items() %}
        select
            {{ domain_concept }} as domain_concept_id,
            {{ table }}_id as id
        from {{ ref(table) }}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
),

dangling as (
    select
        referred.referred_by,
        referred.id
    from referred
    left join events
        on referred.id = events.id and referred.domain_concept_id = events.domain_concept_id
    where referred.id is not null and events.id is null
    union all
    select
        'cost.payer_plan_period_id' as referred_by,
        costs.payer_plan_period_id as id
    from costs
    left join coverage_periods
        on costs.payer_plan_period_id = coverage_periods.payer_plan_period_id
    where costs.payer_plan_period_id is not null and coverage_periods.payer_plan_period_id is null
)

select * from dangling
