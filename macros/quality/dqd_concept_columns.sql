{#- Table -> {concepts, sources}, of those columns that the CDM has now: its columns of concepts, each with the source value that
    is checked beside it, if one is, and its checked source values, each with its concept. Read from the seed of checks;
    empty while that or the CDM is not there, as when dbt only parses. -#}
{% macro dqd_concept_columns(tables, present) -%}
    {%- set columns = {} -%}
    {%- set rows = run_query(
        "select lower(cdm_table_name), lower(cdm_field_name),"
        " max(case when check_name like 's%ConceptRecordCompleteness' then parameter end),"
        " max(case when check_name = 'sourceValueCompleteness' then parameter end)"
        " from " ~ ref('dqd_checks') ~ " where concept_id is null and cdm_field_name is not null"
        " group by lower(cdm_table_name), lower(cdm_field_name) order by 1, 2"
    ).rows if present else [] -%}
    {%- for table, column, source_value, concept in rows if table in tables and column in present.get(table, {}) -%}
        {%- set found = columns.setdefault(table, {'concepts': {}, 'sources': {}}) -%}
        {%- if concept in present[table] -%}
            {%- do found.sources.update({column: concept}) -%}
        {%- elif 'concept_id' in column -%}
            {%- do found.concepts.update({column: source_value if source_value in present[table] else none}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
