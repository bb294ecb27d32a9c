{#- The end of a person's observation period, from the columns of int_people__spans. A person without any row is known
    from birth to death alone; rows may be written up to 60 days after a death. -#}
{% macro period_end() -%}
    cast(
        case
            when last_date is null then greatest(coalesce(death_date, first_date), first_date)
            else greatest(least(last_date, death_date + 60), first_date)
        end as date
    )
{%- endmacro %}
