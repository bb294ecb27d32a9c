-- An id that points into one of several tables meets a row there: that a cost is for, that has a
-- reason or is one, an allergy that a reaction is of. Another column says into which table, and may
-- say none but these. A cost's coverage period is here too: the Data Quality Dashboard has no check
-- of it, as it has of all other references.
{#- Each table's domain, as the costs have it, and the concept of that, as the reasons do. -#}
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
{%- set tables = domains.keys() | list %}
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

referred as (
    select
        'cost.cost_event_id' as referred_by,
        case cost_domain_id
            {%- for table, (domain, _) in domains.items() %}
                when '{{ domain }}' then '{{ table }}'
            {%- endfor %}
        end as cdm_table,
        cost_event_id as id
    from costs
    union all
    select
        'cost.payer_plan_period_id' as referred_by,
        'payer_plan_period' as cdm_table,
        payer_plan_period_id as id
    from costs
    {%- for number in [1, 2] %}
        union all
        select
            'fact_relationship.fact_id_{{ number }}' as referred_by,
            case domain_concept_id_{{ number }}
                {%- for table, (_, domain_concept) in domains.items() %}
                    when {{ domain_concept }} then '{{ table }}'
                {%- endfor %}
            end as cdm_table,
            fact_id_{{ number }} as id
        from reasons
    {%- endfor %}
    union all
    select
        'observation.observation_event_id' as referred_by,
        case obs_event_field_concept_id
            {%- for table in tables if table not in ('visit_occurrence', 'specimen') %}
                when {{ concept(table ~ '.' ~ table ~ '_id') }} then '{{ table }}'
            {%- endfor %}
        end as cdm_table,
        observation_event_id as id
    from observations
),

events as (
    {%- for table in tables + ['payer_plan_period'] %}
        select
            '{{ table }}' as cdm_table,
            {{ table }}_id as id
        from {{ ref(table) }}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
),

dangling as (
    select referred.*
    from referred
    left join events on referred.id = events.id and referred.cdm_table = events.cdm_table
    where referred.id is not null and events.id is null
)

select * from dangling
