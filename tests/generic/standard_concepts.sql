{#- Every concept that a standard column holds is NULL, 0 or standard, valid and of one of the column's domains. All
    columns of a table in one query: `columns` maps each to its list of domains; an empty list allows any. -#}
{% test standard_concepts(model, columns) %}
{%- set listed = [] -%}
{%- for column in columns -%}
    {%- do listed.append(["'" ~ column ~ "'", 'combinations.' ~ column]) -%}
{%- endfor %}
with

combinations as (
    select distinct
        {{ columns.keys() | join(',\n        ') }}
    from {{ model }}
),

used as (
    select distinct
        listed.column_name,
        listed.concept_id
    from combinations
    cross join {{ lateral_values(listed, 'listed', {'column_name': 'text', 'concept_id': 'integer'}) }}
    where listed.concept_id <> 0
),

concepts as (
    select * from {{ ref('concept') }}
),

misused as (
    select
        used.column_name,
        used.concept_id,
        concepts.domain_id,
        concepts.standard_concept,
        concepts.invalid_reason
    from used
    left join concepts on used.concept_id = concepts.concept_id
    where
        concepts.standard_concept is null
        or concepts.standard_concept <> 'S'
        or concepts.invalid_reason is not null
        {%- for column, domains in columns.items() if domains %}
        or (
            used.column_name = '{{ column }}'
            and concepts.domain_id not in ({% for domain in domains %}'{{ domain }}'{{ ', ' if not loop.last }}{% endfor %})
        )
        {%- endfor %}
)

select * from misused
{% endtest %}
