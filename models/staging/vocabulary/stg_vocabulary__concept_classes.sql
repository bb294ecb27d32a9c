-- One row per concept class.
with

source as (
    select * from {{ source('vocabulary', 'concept_class') }}
),

renamed as (
    select
        concept_class_id,
        concept_class_name,
        concept_class_concept_id
    from source
)

select * from renamed
