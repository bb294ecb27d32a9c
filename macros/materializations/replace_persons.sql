{#- The incremental strategy `replace_persons`: deletes all rows of the persons in the change set, inserts their new
    ones. A removed person needs no special case, since the delete asks the change set and not the new rows.
    Tables without a person_id say in `meta.person_expression` how one is read off a row. -#}
{% macro replace_persons(relation, sql) -%}
    {%- set person = config.get('meta', {}).get('person_expression', 'person_id') -%}

    {{ drop_cdm_indexes() }}

    delete from {{ relation }}
    where {{ in_changed_persons(person, 'person_id') }};

    {{ insert_rows(relation, sql) }}
{%- endmacro %}
