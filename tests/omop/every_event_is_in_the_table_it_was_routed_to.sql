-- Nothing is lost between the mapped events, and what was added to them, and the CDM.
{%- set tables = [
    'condition_occurrence', 'drug_exposure', 'procedure_occurrence', 'device_exposure', 'measurement', 'observation',
    'specimen',
] %}
with

mapped as (
    select * from {{ ref('int_events__mapped') }}
),

added as (
    select * from {{ ref('int_events__added') }}
),

events as (
    select
        cdm_table,
        source_file,
        source_code,
        event_id,
        person_id
    from mapped
    union all
    select
        cdm_table,
        source_file,
        source_code,
        event_id,
        person_id
    from added
),

published as (
    {%- for table in tables %}
        select
            '{{ table }}' as cdm_table,
            {{ table }}_id as event_id,
            person_id
        from {{ ref(table) }}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
),

lost as (
    select
        events.cdm_table,
        events.source_file,
        events.source_code,
        events.event_id
    from events
    left join published
        on
            events.cdm_table = published.cdm_table
            and events.event_id = published.event_id
            and events.person_id = published.person_id
    where published.event_id is null
)

select * from lost
