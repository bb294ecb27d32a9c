{#- The CTE `person_facts`, one row per person with the days that events are held against. A person whose row occurs
    twice, or who died twice, is one row here: of several days the first. -#}
{% macro dqd_person_facts(relations) -%}
    people as (
        select * from {{ relations.person }}
    ),

    deaths as (
        select * from {{ relations.death }}
    ),

    person_facts as (
        select
            people.person_id,
            min(people.gender_concept_id) as gender_concept_id,
            min(
                coalesce(
                    cast(people.birth_datetime as date),
                    make_date(
                        people.year_of_birth,
                        coalesce(people.month_of_birth, 1),
                        coalesce(people.day_of_birth, 1)
                    )
                )
            ) as birth_date,
            min(
                coalesce(cast(people.birth_datetime as date), make_date(people.year_of_birth, 6, 1))
            ) as birth_date_or_june,
            min(deaths.death_date) as death_date
        from people
        left join deaths on people.person_id = deaths.person_id
        group by people.person_id
    ),
{%- endmacro %}
