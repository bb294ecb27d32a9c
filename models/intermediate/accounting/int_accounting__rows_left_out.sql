-- One row per person, file and reason: how many rows of the file no CDM row stands for.
{{ config(materialized='incremental') }}
{#- File, reason, how many rows, and where that is counted. -#}
{%- set reasons = [
    ('patients', 'duplicate_row', 'source_rows - contents', 'patient_counts'),
    ('patients', 'duplicate_id', 'contents - 1', 'patient_counts'),
    ('encounters', 'duplicate_row', 'source_rows - contents', 'repeated_encounter_counts'),
    ('imaging_studies', 'further_instance_of_study', 'source_rows - studies', 'study_counts'),
    ('claims', 'claim_header_used', 'source_rows', 'claim_counts'),
    ('claims_transactions', 'transfer_between_payers', 'transfers', 'transaction_counts'),
    ('claims_transactions', 'charge_without_source_row', 'source_rows - transfers', 'transaction_counts'),
    ('patient_expenses', 'yearly_summary', 'source_rows', 'expense_counts'),
] %}
with

patients as (
    select * from {{ ref('int_people__patients') }}
    {{ of_changed_persons() }}
),

encounters as (
    select * from {{ ref('int_visits__encounters') }}
    {{ of_changed_persons() }}
),
{%- for file in reasons | map('first') | unique %}

    {{ file }}_csv as (
        select * from {{ ref('stg_synthea__' ~ file) }}
        {{ of_changed_persons('patient_id') }}
    ),
{%- endfor %}

patient_counts as (
    select
        patient_id,
        count(*) as source_rows,
        count(distinct whole_row) as contents
    from patients_csv
    group by patient_id
),

repeated_encounters as (
    select
        patient_id,
        encounter_id,
        count(*) as source_rows
    from encounters_csv
    group by patient_id, encounter_id
    having count(*) > 1
),

-- Those that share no more than their id are all kept.
repeated_encounter_counts as (
    select
        repeated_encounters.patient_id,
        repeated_encounters.encounter_id,
        max(repeated_encounters.source_rows) as source_rows,
        count(*) as contents
    from repeated_encounters
    inner join encounters
        on
            repeated_encounters.patient_id = encounters.patient_id
            and repeated_encounters.encounter_id = encounters.encounter_id
    group by repeated_encounters.patient_id, repeated_encounters.encounter_id
),

study_counts as (
    select
        patient_id,
        count(*) as source_rows,
        count(distinct imaging_study_id)
        + max(case when imaging_study_id is null then 1 else 0 end) as studies
    from imaging_studies_csv
    group by patient_id
),

transaction_counts as (
    select
        patient_id,
        count(*) as source_rows,
        count(case when transaction_type like 'TRANSFER%' then 1 end) as transfers
    from claims_transactions_csv
    group by patient_id
),
{%- for file, counted in [('claims', 'claim_counts'), ('patient_expenses', 'expense_counts')] %}

    {{ counted }} as (
        select patient_id, count(*) as source_rows from {{ file }}_csv group by patient_id
    ),
{%- endfor %}

-- Of the transactions, those that are in a cost are taken off again in person_row_accounting.
left_out as (
    {%- for file, outcome, source_rows, counted in reasons %}
        select
            patient_id,
            cast('{{ file }}' as {{ sql_type('text') }}) as source_file,
            cast('{{ outcome }}' as {{ sql_type('text') }}) as outcome,
            {{ source_rows }} as source_rows
        from {{ counted }}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
),

rows_left_out as (
    select
        patients.person_id,
        left_out.source_file,
        left_out.outcome,
        cast(sum(left_out.source_rows) as bigint) as source_rows
    from left_out
    inner join patients on left_out.patient_id = patients.patient_id
    where left_out.source_rows > 0
    group by patients.person_id, left_out.source_file, left_out.outcome
)

select * from rows_left_out
