{#- The incremental strategy `replace_files`: a loaded file never changes, one that is loaded again has a new number. So
    the rows of files that are no longer loaded go, and those of new ones come. -#}
{% macro get_incremental_replace_files_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}

    delete from {{ arg_dict['target_relation'] }}
    where file_id not in (select file_id from {{ ref('int_rates__files') }});

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
