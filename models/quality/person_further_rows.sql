-- One row per person, file and CDM table: how many rows the file's rows brought there besides.
{{ config(materialized='incremental') }}
{#- File, CDM table, and the model that has a row for each. A further effect is one more line. -#}
{%- set effects = [
    ('patients', 'death', 'death'),
    ('encounters', 'visit_occurrence', 'visit_occurrence'),
    ('encounters', 'cost', 'visit_detail'),
] %}
with

added as (
    select * from {{ ref('int_events__added') }}
    {{ of_changed_persons() }}
),

links as (
    select * from {{ ref('fact_relationship') }}
),

domains as (
    select * from {{ ref('stg_vocabulary__domains') }}
),
{%- for file, table, model in effects %}

    rows_{{ loop.index }} as (
        select * from {{ ref(model) }}
        {{ of_changed_persons() }}
    ),
{%- endfor %}

-- Reasons of visits; those of other rows are counted with the rows.
visit_links as (
    select links.fact_id_1 >> 20 as person_id
    from links
    inner join domains on links.domain_concept_id_1 = domains.domain_concept_id
    where domains.domain_id = 'Visit'
),

-- A reason that has no row of its own is given one in its encounter, whichever file names it.
further as (
    select
        person_id,
        case source_file
            when 'reactions' then 'allergies'
            when 'reasons' then 'encounters'
            else source_file
        end as source_file,
        cdm_table as outcome
    from added
    union all
    select
        person_id,
        'encounters' as source_file,
        'fact_relationship' as outcome
    from visit_links
    {{ of_changed_persons() }}
    {%- for file, table, model in effects %}
        union all
        select
            person_id,
            '{{ file }}' as source_file,
            '{{ table }}' as outcome
        from rows_{{ loop.index }}
    {%- endfor %}
),

person_further_rows as (
    select
        person_id,
        cast(source_file as {{ sql_type('text') }}) as source_file,
        cast(outcome as {{ sql_type('text') }}) as outcome,
        cast(count(*) as bigint) as further_rows
    from further
    group by person_id, source_file, outcome
)

select * from person_further_rows
