-- Every concept of a column that seeds/quality/standard_concept_columns.csv lists is NULL, 0, or
-- standard, valid and of the column's domain. A listed column that was not looked at, though its
-- table was, is a fault too.
with

listed as (
    select * from {{ ref('standard_concept_columns') }}
),

used as (
    select distinct
        cdm_table_name,
        cdm_field_name,
        concept_id
    from {{ ref('dqd_concept_uses') }}
),

concepts as (
    select * from {{ ref('concept') }}
),

misused as (
    select
        used.cdm_table_name,
        used.cdm_field_name,
        used.concept_id,
        concepts.domain_id,
        concepts.standard_concept,
        concepts.invalid_reason
    from used
    inner join listed
        on
            used.cdm_table_name = listed.cdm_table_name
            and used.cdm_field_name = listed.cdm_field_name
    left join concepts on used.concept_id = concepts.concept_id
    where
        used.concept_id <> 0
        and (
            concepts.standard_concept is null
            or concepts.standard_concept <> 'S'
            or concepts.invalid_reason is not null
            or concepts.domain_id <> listed.domain_id
        )
),

tables_looked_at as (
    select distinct cdm_table_name from used
),

columns_looked_at as (
    select distinct
        cdm_table_name,
        cdm_field_name
    from used
),

overlooked as (
    select
        listed.cdm_table_name,
        listed.cdm_field_name,
        cast(null as integer) as concept_id,
        cast(null as {{ sql_type('text') }}) as domain_id,
        cast(null as {{ sql_type('text') }}) as standard_concept,
        cast(null as {{ sql_type('text') }}) as invalid_reason
    from listed
    inner join tables_looked_at on listed.cdm_table_name = tables_looked_at.cdm_table_name
    left join columns_looked_at
        on
            listed.cdm_table_name = columns_looked_at.cdm_table_name
            and listed.cdm_field_name = columns_looked_at.cdm_field_name
    where columns_looked_at.cdm_field_name is null
),

faulty as (
    select * from misused
    union all
    select * from overlooked
)

select * from faulty
