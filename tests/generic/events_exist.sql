{#- An id that points into one of several tables meets a row there: `kind` is the column that says into which,
    `tables` maps each of its values, as a text, to a model. A value that is not listed fails too. -#}
{% test events_exist(model, column_name, kind, tables) %}
with

checked as (
    select
        {{ column_name }},
        cast({{ kind }} as {{ sql_type('text') }}) as kind
    from {{ model }}
    where {{ column_name }} is not null
),

events as (
    {%- for value, table in tables.items() %}
    select
        '{{ value }}' as kind,
        {{ table }}_id as id
    from {{ ref(table) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

dangling as (
    select checked.*
    from checked
    left join events on checked.{{ column_name }} = events.id and checked.kind = events.kind
    where events.id is null
)

select * from dangling
{% endtest %}
