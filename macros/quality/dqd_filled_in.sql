{#- A template of the seed dqd_check_types with its names in braces filled in from the columns of a check, in a CTE that
    has those of dqd_checks. The result is SQL of both engines, or a sentence. -#}
{% macro dqd_filled_in(template) -%}
    {%- set is_day = "(parameter = 'tomorrow' or parameter like '____-__-__')" -%}
    {%- set is_birth = "(parameter = 'person.birth_datetime')" -%}
    {%- set names = {
        '{table}': "'omop.' || lower(cdm_table_name)",
        '{value}': "case when " ~ is_day ~ " then 'cast(checked.{field} as date)' else 'checked.{field}' end",
        '{with_person}': "case when " ~ is_birth
            ~ " then 'inner join omop.person on checked.person_id = person.person_id ' else '' end",
        '{reference}': "case when " ~ is_birth
            ~ " then 'coalesce(cast(person.birth_datetime as date), make_date(person.year_of_birth, 6, 1))'"
            ~ " else 'cast(checked.{parent_field} as date)' end",
        '{or_source}': "case when parameter is not null"
            ~ " then ' or (checked.{field} is null and checked.{parameter} is not null)' else '' end",
        '{bound}': "case parameter when 'tomorrow' then '" ~ dqd_bound('tomorrow') | replace("'", "''")
            ~ "' when 'next year' then '" ~ dqd_bound('next year') ~ "' else case when " ~ is_day
            ~ " then 'cast(''' || parameter || ''' as date)' else parameter end end",
        '{gender}': "case parameter when 'Male' then '" ~ concept('MALE') ~ "' else '" ~ concept('FEMALE') ~ "' end",
        '{parent}': "'omop.' || split_part(parameter, '.', 1)",
        '{parent_field}': "split_part(parameter, '.', 2)",
        '{concepts}': 'concept_id',
        '{names}': 'concept_name',
        '{field}': 'lower(cdm_field_name)',
        '{parameter}': 'parameter',
    } -%}
    {%- set text = namespace(sql=template) -%}
    {%- for name, value in names.items() -%}
        {%- set text.sql = "replace(" ~ text.sql ~ ", '" ~ name ~ "', coalesce(" ~ value ~ ", ''))" -%}
    {%- endfor -%}
    {{ text.sql }}
{%- endmacro %}
