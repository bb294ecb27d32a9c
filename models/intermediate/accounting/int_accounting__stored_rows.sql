-- One row per Synthea file: how many of its rows are stored, and how many of these nobody owns.
{{ config(materialized='table') }}
{%- set files_of_patients = [
    'patients', 'encounters', 'conditions', 'allergies', 'medications', 'immunizations', 'procedures', 'observations',
    'careplans', 'devices', 'supplies', 'imaging_studies', 'payer_transitions', 'claims', 'claims_transactions',
    'patient_expenses',
] %}
{%- set shared_files = [
    ('organizations', 'organization_id'), ('providers', 'provider_id'), ('payers', 'payer_id'),
] %}
with

{#- The patients once for each file: PostgreSQL reads no CTE in parallel that is named twice. #}
{%- for file in files_of_patients %}

    patients_of_{{ file }} as (
        select * from {{ ref('int_people__patients') }}
    ),
{%- endfor %}
{%- for file in files_of_patients + shared_files | map('first') | list %}

    {{ file }} as (
        select * from {{ ref('stg_synthea__' ~ file) }}
    ),
{%- endfor %}

-- One pass over each file. Only shared files are small enough to compare their rows here.
stored_rows as (
    {%- for file in files_of_patients %}
        select
            cast('{{ file }}' as {{ sql_type('text') }}) as source_file,
            count(*) as stored_rows,
            count(*) - count(patients_of_{{ file }}.patient_id) as ownerless_rows,
            cast(null as bigint) as ids,
            cast(null as bigint) as contents
        from {{ file }}
        left join patients_of_{{ file }}
            on {{ file }}.patient_id = patients_of_{{ file }}.patient_id
        union all
    {%- endfor %}
    {%- for file, id in shared_files %}
        select
            cast('{{ file }}' as {{ sql_type('text') }}) as source_file,
            count(*) as stored_rows,
            count(*) - count({{ id }}) as ownerless_rows,
            count(distinct {{ id }}) as ids,
            count(distinct case when {{ id }} is not null then whole_row end) as contents
        from {{ file }}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
)

select * from stored_rows
