-- Every clinical row of a known patient is one event at its first target. Imaging studies are left
-- out: most are the same as a procedure row.
{%- set files = [
    'conditions', 'allergies', 'medications', 'immunizations', 'procedures', 'observations', 'careplans', 'devices',
    'supplies',
] %}
with

patients as (
    select * from {{ ref('int_people__patients') }}
),

events as (
    select * from {{ ref('int_events__mapped') }}
),

{%- for file in files %}

    {{ file }} as (
        select * from {{ ref('stg_synthea__' ~ file) }}
    ),
{%- endfor %}

source_counts as (
    {%- for file in files %}
        select
            '{{ file }}' as source_file,
            patients.person_id,
            count(*) as source_rows
        from {{ file }}
        inner join patients on {{ file }}.patient_id = patients.patient_id
        group by patients.person_id
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
),

event_counts as (
    select
        source_file,
        person_id,
        count(*) as event_rows
    from events
    where target_no = 1 and source_file <> 'imaging_studies'
    group by source_file, person_id
),

different as (
    select
        coalesce(source_counts.source_file, event_counts.source_file) as source_file,
        coalesce(source_counts.person_id, event_counts.person_id) as person_id,
        source_counts.source_rows,
        event_counts.event_rows
    from source_counts
    full outer join event_counts
        on
            source_counts.source_file = event_counts.source_file
            and source_counts.person_id = event_counts.person_id
    where
        source_counts.source_rows is null
        or event_counts.event_rows is null
        or source_counts.source_rows <> event_counts.event_rows
)

select * from different
