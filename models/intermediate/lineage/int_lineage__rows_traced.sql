-- One row per CDM row of a person's own data and source row that it is made of.
{{ config(materialized='view') }}
{%- set no_uuid = "cast('00000000-0000-0000-0000-000000000000' as " ~ sql_type('uuid') ~ ")" %}
{#- Imaging studies and care plans have ids; the one that a procedure has is its study's. -#}
{%- set own_id = "case when source_file in ('careplans', 'imaging_studies') then record_id end" %}
{#- One import for each branch: a filter by table and person reaches it. File, own id, code and
    time are the natural key. -#}
{%- set imports = {
    'persons': 'int_people__patients', 'observed': 'int_people__patients', 'deceased': 'int_people__patients',
    'details': 'int_visits__encounters', 'visits': 'int_visits__encounters_assigned',
    'periods': 'int_costs__coverage_periods', 'events': 'int_events__mapped', 'facts': 'int_events__added',
    'added_reactions': 'int_events__added', 'allergies': 'int_events__mapped',
    'added_reasons': 'int_events__added', 'reasoned_events': 'int_events__mapped',
    'added_visit_reasons': 'int_events__added', 'reasoned_visits': 'int_visits__encounters',
} %}
{%- set branches = [
    ('persons', "'person'", 'person_id', "'patients'", 'null', 'null', 'null', 'null', 'true'),
    ('deceased', "'death'", 'person_id', "'patients'", 'null', 'null', 'null', 'null', 'death_date is not null'),
    ('observed', "'observation_period'", 'person_id * 1048576 + 1', "'patients'", 'null', 'null', 'null', 'null', 'true'),
    (
        'details', "'visit_detail'", 'visit_detail_id', "'encounters'", 'encounter_id', 'encounter_id',
        'encounter_code', 'started_at', 'true',
    ),
    (
        'visits', "'visit_occurrence'", 'visit_occurrence_id', "'encounters'", 'encounter_id', 'encounter_id', 'null',
        'started_at', 'true',
    ),
    (
        'periods', "'payer_plan_period'", 'payer_plan_period_id', "'payer_transitions'", 'null', 'payer_id', 'start_text',
        'cast(start_date as timestamp)', 'true',
    ),
    ('events', 'cdm_table', 'event_id', 'source_file', 'encounter_id', own_id, 'source_code', 'started_at', 'true'),
    (
        'facts', 'cdm_table', 'event_id', "'patients'", 'null', 'null', 'null', 'null',
        "source_file = 'patients'",
    ),
    ('reactions', 'cdm_table', 'event_id', "'allergies'", 'encounter_id', 'null', 'source_code', 'started_at', 'true'),
    ('reasons', 'cdm_table', 'event_id', 'source_file', 'encounter_id', own_id, 'source_code', 'started_at', 'true'),
    (
        'visit_reasons', 'cdm_table', 'event_id', "'encounters'", 'encounter_id', 'encounter_id', 'source_code',
        'started_at', 'true',
    ),
] -%}
with
{%- for name, model in imports.items() %}

    {{ name }} as (
        select * from {{ ref(model) }}
    ),
{%- endfor %}

reactions as (
    select
        added_reactions.person_id,
        added_reactions.cdm_table,
        added_reactions.event_id,
        allergies.encounter_id,
        allergies.source_code,
        allergies.started_at
    from added_reactions
    inner join allergies
        on
            added_reactions.person_id = allergies.person_id
            and added_reactions.linked_event_id = allergies.event_id
    where added_reactions.source_file = 'reactions' and allergies.source_file = 'allergies'
),

-- A reason that was given a row comes from every row of the encounter that names it.
{%- for name, added, rows, code, id in [
    ('reasons', 'added_reasons', 'reasoned_events', 'source_code', 'record_id'),
    ('visit_reasons', 'added_visit_reasons', 'reasoned_visits', 'encounter_code', 'encounter_id'),
] %}

    {{ name }} as (
        select
            {{ added }}.person_id,
            {{ added }}.cdm_table,
            {{ added }}.event_id,
            {{ "'encounters'" if id == 'encounter_id' else rows ~ '.source_file' }} as source_file,
            {{ rows }}.encounter_id,
            {{ rows }}.{{ id }} as record_id,
            {{ rows }}.{{ code }} as source_code,
            {{ rows }}.started_at
        from {{ added }}
        inner join {{ rows }}
            on
                {{ added }}.person_id = {{ rows }}.person_id
                and {{ added }}.source_code = {{ rows }}.reason_code
                and coalesce({{ added }}.encounter_id, {{ no_uuid }})
                = coalesce({{ rows }}.encounter_id, {{ no_uuid }})
        where {{ added }}.source_file = 'reasons'
    ),
{%- endfor %}

rows_traced as (
    {%- for relation, table, id, file, encounter_id, record_id, code, time, condition in branches %}
        select
            cast({{ table }} as {{ sql_type('text') }}) as cdm_table,
            cast({{ id }} as bigint) as cdm_row_id,
            person_id,
            cast({{ file }} as {{ sql_type('text') }}) as source_file,
            cast({{ encounter_id }} as {{ sql_type('uuid') }}) as encounter_id,
            cast({{ record_id }} as {{ sql_type('uuid') }}) as record_id,
            cast({{ code }} as {{ sql_type('text') }}) as source_code,
            cast({{ time }} as timestamp) as started_at
        from {{ relation }}
        where {{ condition }}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
)

select * from rows_traced
