{#- Which of the tables have rows now, by one query. The others need no scan: a third of the CDM is empty by design.
    `relations` has the relation of each. -#}
{% macro cdm_tables_filled(tables, relations) -%}
    {%- set looks = [] -%}
    {%- for table in tables -%}
        {%- do looks.append("(select '" ~ table ~ "' as filled from " ~ relations[table] ~ ' limit 1)') -%}
    {%- endfor -%}
    {{ return(run_query(looks | join(' union all ')).columns[0].values() | list if looks else []) }}
{%- endmacro %}
