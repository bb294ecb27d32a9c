-- Which codes have no standard concept?
-- One row per CDM table and source code.
{%- set tables = {
    'condition_occurrence': 'condition', 'drug_exposure': 'drug', 'procedure_occurrence': 'procedure',
    'device_exposure': 'device', 'measurement': 'measurement', 'observation': 'observation',
} %}
with
{%- for table in tables %}

    {{ table }}_rows as (
        select * from {{ ref(table) }}
    ),
{%- endfor %}

unmapped as (
    {%- for table, event in tables.items() %}
        select
            '{{ table }}' as cdm_table,
            {{ event }}_source_value as source_code,
            {{ event }}_source_concept_id as source_concept_id,
            person_id
        from {{ table }}_rows
        where {{ event }}_concept_id = 0
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cdm_table,
    source_code,
    max(coalesce(source_concept_id, 0)) <> 0 as is_in_vocabulary,
    count(*) as events,
    count(distinct person_id) as persons
from unmapped
group by cdm_table, source_code
order by events desc, cdm_table, source_code
