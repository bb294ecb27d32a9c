-- One row per person, Synthea file, outcome and vocabulary: how many rows of the file went there.
{{ config(materialized='incremental') }}
{%- set whole_files = [
    ('patients', 'person'), ('encounters', 'visit_detail'), ('payer_transitions', 'payer_plan_period'),
] %}
{%- set is_priced = "source_file in ('medications', 'immunizations', 'procedures')" %}
with

events as (
    select * from {{ ref('int_events__mapped') }}
    {{ of_changed_persons() }}
),

left_out as (
    select * from {{ ref('int_accounting__rows_left_out') }}
    {{ of_changed_persons() }}
),

claims as (
    select * from {{ ref('person_claim_accounting') }}
    {{ of_changed_persons() }}
),

further as (
    select * from {{ ref('person_further_rows') }}
    {{ of_changed_persons() }}
),
{%- for file, table in whole_files %}

    {{ table }}_rows as (
        select * from {{ ref(table) }}
        {{ of_changed_persons() }}
    ),
{%- endfor %}

-- A row counts where its first concept leads.
event_counts as (
    select
        person_id,
        source_file,
        cdm_table,
        -- A row without a code.
        coalesce(vocabulary_id, 'None') as vocabulary_id,
        count(case when target_no = 1 then 1 end) as source_rows,
        count(case when target_no > 1 then 1 end) as further_rows,
        count(case when target_no = 1 and target_concept_id = 0 then 1 end) as unmapped_rows,
        count(
            case when target_no = 1 and target_concept_id = 0 and source_concept_id = 0 then 1 end
        ) as unknown_code_rows,
        count(case when target_no = 1 and {{ is_priced }} then 1 end) as costs,
        count(case when target_no = 1 and source_file = 'procedures' then record_id end) as studies,
        count(case when target_no = 1 then reason_code end) as links
    from events
    group by person_id, source_file, cdm_table, coalesce(vocabulary_id, 'None')
),

counted as (
    select
        person_id,
        source_file,
        cdm_table as outcome,
        vocabulary_id,
        source_rows,
        further_rows,
        unmapped_rows,
        unknown_code_rows
    from event_counts
    {%- for relation, file, outcome, source_rows, further_rows in [
        ('event_counts', 'source_file', "'cost'", '0', 'costs'),
        ('event_counts', 'source_file', "'fact_relationship'", '0', 'links'),
        ('event_counts', "'imaging_studies'", "'same_as_procedure_row'", 'studies', '0'),
        ('further', 'source_file', 'outcome', '0', 'further_rows'),
        ('left_out', 'source_file', 'outcome', 'source_rows', '0'),
        ('claims', "'claims_transactions'", "'cost'", 'paired_transaction_rows', '0'),
        ('claims', "'claims_transactions'", "'charge_without_source_row'", '-paired_transaction_rows', '0'),
    ] %}
        union all
        select
            person_id,
            {{ file }} as source_file,
            {{ outcome }} as outcome,
            null as vocabulary_id,
            {{ source_rows }} as source_rows,
            {{ further_rows }} as further_rows,
            0 as unmapped_rows,
            0 as unknown_code_rows
        from {{ relation }}
    {%- endfor %}
    {%- for file, table in whole_files %}
        union all
        select
            person_id,
            '{{ file }}' as source_file,
            '{{ table }}' as outcome,
            null as vocabulary_id,
            count(*) as source_rows,
            0 as further_rows,
            0 as unmapped_rows,
            0 as unknown_code_rows
        from {{ table }}_rows
        group by person_id
    {%- endfor %}
),

person_row_accounting as (
    select
        person_id,
        cast(source_file || '.csv' as {{ sql_type('text') }}) as file_name,
        cast(outcome as {{ sql_type('text') }}) as outcome,
        cast(vocabulary_id as {{ sql_type('text') }}) as vocabulary_id,
        cast(sum(source_rows) as bigint) as source_rows,
        cast(sum(further_rows) as bigint) as further_rows,
        cast(sum(unmapped_rows) as bigint) as unmapped_rows,
        cast(sum(unknown_code_rows) as bigint) as unknown_code_rows
    from counted
    group by person_id, source_file, outcome, vocabulary_id
    having sum(source_rows) <> 0 or sum(further_rows) <> 0
)

select * from person_row_accounting
