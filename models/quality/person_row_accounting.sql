-- One row per person, Synthea file, outcome and vocabulary: how many rows of the file went there.
{{ config(materialized='incremental') }}
{#- What a table tells by its rows alone: file, outcome, table, and whether its rows are rows of the file or further
    ones. A further effect of a file is one more line. -#}
{%- set counted_tables = [
    ('patients', 'person', 'person', 'source_rows'),
    ('patients', 'death', 'death', 'further_rows'),
    ('encounters', 'visit_detail', 'visit_detail', 'source_rows'),
    ('encounters', 'visit_occurrence', 'visit_occurrence', 'further_rows'),
    ('encounters', 'cost', 'visit_detail', 'further_rows'),
    ('payer_transitions', 'payer_plan_period', 'payer_plan_period', 'source_rows'),
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
{%- for file, outcome, table, column in counted_tables %}

rows_{{ loop.index }} as (
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
        count(case when target_no = 1 and source_file = 'procedures' then record_id end) as studies
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
        ('event_counts', "'imaging_studies'", "'same_as_procedure_row'", 'studies', '0'),
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
    {%- for file, outcome, table, column in counted_tables %}
    union all
    select
        person_id,
        '{{ file }}' as source_file,
        '{{ outcome }}' as outcome,
        null as vocabulary_id,
        {{ 'count(*)' if column == 'source_rows' else '0' }} as source_rows,
        {{ 'count(*)' if column == 'further_rows' else '0' }} as further_rows,
        0 as unmapped_rows,
        0 as unknown_code_rows
    from rows_{{ loop.index }}
    group by person_id
    {%- endfor %}
),

person_row_accounting as (
    select
        person_id,
        cast(source_file || '.csv' as text) as file_name,
        cast(outcome as text) as outcome,
        cast(vocabulary_id as text) as vocabulary_id,
        cast(sum(source_rows) as bigint) as source_rows,
        cast(sum(further_rows) as bigint) as further_rows,
        cast(sum(unmapped_rows) as bigint) as unmapped_rows,
        cast(sum(unknown_code_rows) as bigint) as unknown_code_rows
    from counted
    group by person_id, source_file, outcome, vocabulary_id
    having sum(source_rows) <> 0 or sum(further_rows) <> 0
)

select * from person_row_accounting
