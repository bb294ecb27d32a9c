{#- The incremental strategy `replace_persons`: deletes all rows of the persons in the change set, inserts their new
    ones. A removed person needs no special case, since the delete asks the change set and not the new rows.
    Tables without a person_id say in `meta.person_expression` how one is read off a row. -#}
{% macro get_incremental_replace_persons_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set person = config.get('meta', {}).get('person_expression', 'person_id') -%}

    {{ drop_cdm_indexes() }}

    delete from {{ arg_dict['target_relation'] }}
    where {{ in_changed_persons(person, 'person_id') }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
