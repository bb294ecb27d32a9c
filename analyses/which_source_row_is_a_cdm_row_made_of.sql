-- Which rows of which files is a row of the CDM made of?
-- One row per row of the CDM that is asked for and source row that it is made of.
{%- set event = 'source_row.patient = asked.patient_id and source_row.code = asked.source_code
            and source_row.encounter is not distinct from asked.encounter_id' %}
{%- set by_start = event ~ ' and source_row.start = asked.started_at' %}
{%- set by_date = event ~ ' and source_row.date = asked.started_at' %}
{%- set by_id = 'source_row.id = asked.record_id' %}
{%- set period = "source_row.patient = asked.patient_id and source_row.payer = asked.record_id
            and source_row.start_date = asked.source_code" %}
{%- set files = {
    'patients': 'source_row.id = coalesce(asked.patient_id, asked.record_id)', 'encounters': by_id,
    'conditions': by_start, 'allergies': by_start, 'medications': by_start, 'immunizations': by_date,
    'procedures': by_start, 'observations': by_date, 'careplans': by_id, 'devices': by_start, 'supplies': by_date,
    'imaging_studies': by_id, 'payer_transitions': period, 'organizations': by_id, 'providers': by_id,
} %}
with

lineage as (
    select * from {{ ref('lineage') }}
),

first_rows as (
    select cdm_table, min(cdm_row_id) as cdm_row_id from lineage group by cdm_table
),

asked as (
    select distinct lineage.*
    from lineage
    inner join first_rows
        on lineage.cdm_table = first_rows.cdm_table and lineage.cdm_row_id = first_rows.cdm_row_id
)

{% for file, condition in files.items() -%}
    select
        asked.cdm_table,
        asked.cdm_row_id,
        asked.file_name,
        cast(source_row as {{ sql_type('text') }}) as line -- noqa: RF02
    from asked
    inner join {{ source('synthea', file) }} as source_row on {{ condition }}
    where asked.file_name = '{{ file }}.csv'
    {{ 'union all' if not loop.last }}
{% endfor %}
order by cdm_table, cdm_row_id, file_name, line
