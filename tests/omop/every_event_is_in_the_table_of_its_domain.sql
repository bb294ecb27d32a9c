-- A row with a concept is in the table that takes the domain of the concept.
{%- set concept_columns = {
    'condition_occurrence': 'condition_concept_id',
    'drug_exposure': 'drug_concept_id',
    'procedure_occurrence': 'procedure_concept_id',
    'device_exposure': 'device_concept_id',
    'measurement': 'measurement_concept_id',
    'observation': 'observation_concept_id',
    'specimen': 'specimen_concept_id',
} %}
with

concepts as (
    select * from {{ ref('concept') }}
),

domain_tables as (
    select * from {{ ref('domain_tables') }}
),

used as (
    {%- for table, column in concept_columns.items() %}
        select distinct
            '{{ table }}' as cdm_table,
            {{ column }} as concept_id
        from {{ ref(table) }}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
),

misplaced as (
    select
        used.cdm_table,
        used.concept_id,
        concepts.domain_id,
        domain_tables.cdm_table as expected_table
    from used
    left join concepts on used.concept_id = concepts.concept_id
    left join domain_tables on concepts.domain_id = domain_tables.domain_id
    where
        used.concept_id <> 0
        and (domain_tables.cdm_table is null or used.cdm_table <> domain_tables.cdm_table)
)

select * from misplaced
