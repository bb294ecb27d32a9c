{#- Makes a table anew from its query and puts it in the place of the one that readers see, which stays whole until
    then. What a build that was killed left beside it goes first. -#}
{% macro replace_table(target_relation, existing_relation, sql) -%}
    {%- set new_relation = target_relation.incorporate(path={'identifier': target_relation.identifier ~ '__dbt_new'}) -%}
    {%- set old_relation = target_relation.incorporate(path={'identifier': target_relation.identifier ~ '__dbt_old'}) -%}
    {%- do run_query('drop table if exists ' ~ new_relation) -%}
    {%- do run_query('drop table if exists ' ~ old_relation) -%}
    {%- call statement('main') -%}
        {{ create_table_as(False, new_relation, sql) }}
    {%- endcall -%}
    {%- if existing_relation is not none and existing_relation.is_view -%}
        {%- do run_query('drop view if exists ' ~ target_relation) -%}
    {%- elif existing_relation is not none -%}
        {%- do run_query('alter table ' ~ target_relation ~ ' rename to ' ~ old_relation) -%}
    {%- endif -%}
    {%- do run_query('alter table ' ~ new_relation ~ ' rename to ' ~ target_relation) -%}
    {%- do run_query('drop table if exists ' ~ old_relation) -%}
{%- endmacro %}
