-- Every concept id that a table holds, standard or not, is in the vocabulary, and so is every
-- domain of a cost. PostgreSQL has foreign keys for that.
{{ config(enabled=target.type != 'postgres') }}
{%- set tables = [
    'care_site', 'cdm_source', 'condition_era', 'condition_occurrence', 'cost', 'death', 'device_exposure', 'dose_era',
    'drug_era', 'drug_exposure', 'fact_relationship', 'location', 'measurement', 'observation', 'observation_period',
    'payer_plan_period', 'person', 'procedure_occurrence', 'provider', 'specimen', 'visit_detail', 'visit_occurrence',
] %}
with

concepts as (
    select * from {{ ref('concept') }}
),

domains as (
    select * from {{ ref('domain') }}
),

used as (
    {%- for table in tables %}
        {%- set relation = ref(table) %}
        {%- set columns = graph.nodes['model.synthea_omop.' ~ table].columns if execute else [] %}
        {%- for column in columns if 'concept_id' in column %}
            select distinct
                '{{ table }}' as table_name,
                '{{ column }}' as column_name,
                cast({{ column }} as {{ sql_type('text') }}) as id
            from {{ relation }}
            union all
        {%- endfor %}
    {%- endfor %}
    select distinct
        'cost' as table_name,
        'cost_domain_id' as column_name,
        cost_domain_id as id
    from {{ ref('cost') }}
),

held as (
    select cast(concept_id as {{ sql_type('text') }}) as id
    from concepts
    union all
    select domain_id as id
    from domains
),

unknown as (
    select used.*
    from used
    left join held on used.id = held.id
    where used.id is not null and held.id is null
)

select * from unknown
