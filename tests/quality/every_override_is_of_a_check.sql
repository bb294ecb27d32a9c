-- Each row of the seed of one's own names a check that there is, and a severity that there is: a
-- misspelt one would change nothing, and nobody would notice.
with

overrides as (
    select * from {{ ref('dqd_overrides') }}
),

definitions as (
    select * from {{ ref('dqd_definitions') }}
),

unmatched as (
    select overrides.*
    from overrides
    left join definitions
        on
            coalesce(overrides.check_name, definitions.check_name) = definitions.check_name
            and lower(coalesce(overrides.cdm_table_name, definitions.cdm_table_name))
            = lower(definitions.cdm_table_name)
            and (
                overrides.cdm_field_name is null
                or lower(overrides.cdm_field_name) = lower(definitions.cdm_field_name)
            )
            and (
                overrides.concept_id is null
                or overrides.concept_id = definitions.concept_id
            )
    where
        definitions.checkid is null
        or overrides.severity not in ('fatal', 'convention', 'characterization')
)

select * from unmatched
