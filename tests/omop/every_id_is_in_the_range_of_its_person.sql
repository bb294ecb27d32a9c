-- The key of each row of a person lies in the person's range (the person's number times 2^20 plus
-- an ordinal) and below 2^53, which is where OHDSI's tools, keeping ids in doubles, lose digits.
-- So do the ids of visits and coverage periods that the row refers to: they are of the same person.
-- That keys occur once, and that the visits are there, are checks of the Data Quality Dashboard.
{%- set ids = {
    'observation_period': ['observation_period_id'],
    'visit_occurrence': ['visit_occurrence_id', 'preceding_visit_occurrence_id'],
    'visit_detail': [
        'visit_detail_id', 'preceding_visit_detail_id', 'parent_visit_detail_id', 'visit_occurrence_id',
    ],
    'condition_occurrence': ['condition_occurrence_id', 'visit_occurrence_id', 'visit_detail_id'],
    'drug_exposure': ['drug_exposure_id', 'visit_occurrence_id', 'visit_detail_id'],
    'procedure_occurrence': ['procedure_occurrence_id', 'visit_occurrence_id', 'visit_detail_id'],
    'device_exposure': ['device_exposure_id', 'visit_occurrence_id', 'visit_detail_id'],
    'measurement': ['measurement_id', 'visit_occurrence_id', 'visit_detail_id'],
    'observation': ['observation_id', 'visit_occurrence_id', 'visit_detail_id'],
    'specimen': ['specimen_id'],
    'payer_plan_period': ['payer_plan_period_id'],
    'cost': ['cost_id', 'payer_plan_period_id'],
    'condition_era': ['condition_era_id'],
    'drug_era': ['drug_era_id'],
    'dose_era': ['dose_era_id'],
} %}
{#- A cost says no person; its event does. -#}
{%- set ranges = {'cost': 'cost_event_id - cost_event_id % 1048576'} %}
with

{%- for table, columns in ids.items() %}

    {{ table }}_ids as (
        select
            {{ columns | join(',\n            ') }},
            {{ ranges.get(table, 'person_id * 1048576') }} as range_start
        from {{ ref(table) }}
    ),
{%- endfor %}

out_of_range as (
    {%- for table, columns in ids.items() %}
        select
            '{{ table }}' as cdm_table,
            {{ columns[0] }} as id,
            range_start
        from {{ table }}_ids
        where
            {{ columns[0] }} is null
            or {{ columns[0] }} >= 9007199254740992
            or range_start is null
            {%- for column in columns %}
                or {{ column }} not between range_start + 1 and range_start + 1048575
            {%- endfor %}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
)

select * from out_of_range
