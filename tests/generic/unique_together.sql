{#- No two rows have the same values in these columns. -#}
{% test unique_together(model, columns) %}
with

repeated as (
    select
        {{ columns | join(',\n        ') }},
        count(*) as times
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
)

select * from repeated
{% endtest %}
