{#- Makes a table anew from its query and puts it in the place of the one that readers see, which stays whole until
    then. What is given back is to be dropped after the commit. -#}
{% macro replace_table(target_relation, existing_relation, sql) -%}
    {{ return(adapter.dispatch('replace_table', 'synthea_omop')(target_relation, existing_relation, sql)) }}
{%- endmacro %}

{% macro default__replace_table(target_relation, existing_relation, sql) -%}
    {{ exceptions.raise_compiler_error("no implementation of replace_table() for " ~ target.type) }}
{%- endmacro %}

{#- DuckDB's readers see what was committed, so the name can be given anew in the transaction. -#}
{% macro duckdb__replace_table(target_relation, existing_relation, sql) -%}
    {%- call statement('main') -%}
        {%- if existing_relation is not none %}
        drop {{ existing_relation.type }} {{ existing_relation }};
        {%- endif %}
        {{ create_table_as(False, target_relation, sql) }}
    {%- endcall -%}
    {{ return(none) }}
{%- endmacro %}

{#- A name is given anew at the end, for a moment: dropping the table first would keep readers waiting until the
    rows are there. -#}
{% macro postgres__replace_table(target_relation, existing_relation, sql) -%}
    {%- set new_relation = make_intermediate_relation(target_relation) -%}
    {%- set old_relation = none -%}
    {%- do drop_relation_if_exists(load_cached_relation(new_relation)) -%}
    {%- if existing_relation is not none -%}
        {%- set old_relation = make_backup_relation(target_relation, existing_relation.type) -%}
        {%- do drop_relation_if_exists(load_cached_relation(old_relation)) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {{ create_table_as(False, new_relation, sql) }}
    {%- endcall -%}
    {%- if old_relation is not none -%}
        {%- do adapter.rename_relation(existing_relation, old_relation) -%}
    {%- endif -%}
    {%- do adapter.rename_relation(new_relation, target_relation) -%}
    {{ return(old_relation) }}
{%- endmacro %}

{#- What a build that was killed left beside the table goes first. -#}
{% macro spark__replace_table(target_relation, existing_relation, sql) -%}
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
    {{ return(none) }}
{%- endmacro %}
