{#- Every reference that is filled meets a row of its table; a visit must be one of the same person. All references of
    a table in one query: `columns` maps each to the model whose key it is. -#}
{% test references_exist(model, columns) %}
with

checked as (
    select
        {{ columns.keys() | join(',\n        ') }}
    from {{ model }}
),

{%- for column, parent in columns.items() %}

parent_{{ loop.index }} as (
    select
        {{ parent }}_id as id
        {%- if parent in ('visit_occurrence', 'visit_detail') %},
        person_id
        {%- endif %}
    from {{ ref(parent) }}
),
{%- endfor %}

dangling as (
    select checked.*
    from checked
    {%- for column, parent in columns.items() %}
    left join parent_{{ loop.index }}
        on
            checked.{{ column }} = parent_{{ loop.index }}.id
            {%- if parent in ('visit_occurrence', 'visit_detail') %}
            and checked.person_id = parent_{{ loop.index }}.person_id
            {%- endif %}
    {%- endfor %}
    where
        {%- for column in columns %}
        {{ 'or ' if not loop.first }}(checked.{{ column }} is not null and parent_{{ loop.index }}.id is null)
        {%- endfor %}
)

select * from dangling
{% endtest %}
