-- One row per check of the Data Quality Dashboard: what it means, and when it fails.
{{ config(materialized='view') }}
with

checks as (
    select * from {{ ref('dqd_checks') }}
),

types as (
    select * from {{ ref('dqd_check_types') }}
),

overrides as (
    select * from {{ ref('dqd_overrides') }}
),

-- Of several overrides of a check the one that names most columns counts.
ranked as (
    select
        checks.*,
        types.check_level,
        types.context,
        types.category,
        types.subcategory,
        types.sql_file,
        types.description,
        types.violating_rows,
        coalesce(overrides.severity, types.severity) as severity,
        coalesce(overrides.threshold_value, checks.threshold_value) as threshold,
        overrides.reason,
        row_number() over (
            partition by
                checks.check_name, checks.cdm_table_name, checks.cdm_field_name, checks.concept_id
            order by
                case when overrides.concept_id is null then 0 else 1 end
                + case when overrides.cdm_field_name is null then 0 else 1 end
                + case when overrides.cdm_table_name is null then 0 else 1 end
                + case when overrides.check_name is null then 0 else 1 end desc,
                overrides.concept_id {{ bytewise() }} nulls last,
                overrides.cdm_field_name {{ bytewise() }} nulls last,
                overrides.cdm_table_name {{ bytewise() }} nulls last,
                overrides.reason {{ bytewise() }} nulls last
        ) as place
    from checks
    inner join types on checks.check_name = types.check_name
    left join overrides
        on
            coalesce(overrides.check_name, checks.check_name) = checks.check_name
            and lower(coalesce(overrides.cdm_table_name, checks.cdm_table_name))
            = lower(checks.cdm_table_name)
            and (
                overrides.cdm_field_name is null
                or lower(overrides.cdm_field_name) = lower(checks.cdm_field_name)
            )
            and (overrides.concept_id is null or overrides.concept_id = checks.concept_id)
),

dqd_definitions as (
    select
        cast(
            lower(
                check_level || '_' || check_name || '_' || cdm_table_name
                || coalesce('_' || cdm_field_name, '')
                || coalesce('_' || replace(concept_id, ' ', ''), '')
            ) as {{ sql_type('text') }}
        ) as checkid,
        cast(check_name as {{ sql_type('text') }}) as check_name,
        cast(check_level as {{ sql_type('text') }}) as check_level,
        cast(cdm_table_name as {{ sql_type('text') }}) as cdm_table_name,
        cast(cdm_field_name as {{ sql_type('text') }}) as cdm_field_name,
        cast(concept_id as {{ sql_type('text') }}) as concept_id,
        cast({{ dqd_filled_in('description') }} as {{ sql_type('text') }}) as check_description,
        cast(
            nullif({{ dqd_filled_in('violating_rows') }}, '') as {{ sql_type('text') }}
        ) as query_text,
        cast(sql_file as {{ sql_type('text') }}) as sql_file,
        cast(category as {{ sql_type('text') }}) as category,
        cast(subcategory as {{ sql_type('text') }}) as subcategory,
        cast(context as {{ sql_type('text') }}) as context,
        cast(severity as {{ sql_type('text') }}) as severity,
        cast(threshold as numeric(9, 4)) as threshold_value,
        cast(reason as {{ sql_type('text') }}) as notes_value
    from ranked
    where place = 1
)

select * from dqd_definitions
