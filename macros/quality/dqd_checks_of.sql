{#- Table -> its checks at table and field level, read from the seed: which columns are counted, and how, is decided by
    rows. None while the seed is not there, as when dbt only parses or a linter compiles. -#}
{% macro dqd_checks_of(tables) -%}
    {%- set checks = {} -%}
    {%- set seed = ref('dqd_checks') -%}
    {%- if execute and adapter.get_relation(seed.database, seed.schema, seed.identifier) is not none -%}
        {%- set rows = run_query(
            "select lower(cdm_table_name), lower(coalesce(cdm_field_name, '')), check_name, coalesce(parameter, ''),"
            " cdm_table_name, coalesce(cdm_field_name, '') from " ~ seed ~ " where concept_id is null"
            " and lower(cdm_table_name) in ('" ~ tables | join("', '") ~ "') order by 1, 2, 3"
        ).rows -%}
        {%- for row in rows -%}
            {%- do checks.setdefault(row[0], []).append({
                'table': row[0], 'field': row[1], 'check_name': row[2], 'parameter': row[3],
                'table_name': row[4], 'field_name': row[5],
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(checks) }}
{%- endmacro %}
