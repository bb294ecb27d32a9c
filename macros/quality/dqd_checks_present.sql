{#- What is counted in tables of the CDM as it is now, read once by the model that counts it: `relations`, `present` as
    cdm_columns_present(), the tables that have rows in `filled`, and `checks` as table -> its checks at table and field
    level, without those of columns that are missing. No checks while the seed or the CDM is not there, as when dbt only
    parses. `parents` are read besides, and nothing is looked up that is not
    wanted. -#}
{% macro dqd_checks_present(tables, parents=[], is_wanted=true) -%}
    {%- set relations, checks = {}, {} -%}
    {%- for name in tables + parents -%}
        {%- do relations.update({name: ref(name)}) -%}
    {%- endfor -%}
    {%- set seed = ref('dqd_checks') -%}
    {%- set is_seeded = execute and is_wanted and adapter.get_relation(seed.database, seed.schema, seed.identifier) is not none -%}
    {%- set present = cdm_columns_present(relations[tables[0]].schema) if is_seeded else {} -%}
    {%- set counted = tables | select('in', present) | list -%}
    {%- if counted -%}
        {%- set rows = run_query(
            "select lower(cdm_table_name), lower(coalesce(cdm_field_name, '')), check_name, coalesce(parameter, ''),"
            " cdm_table_name, coalesce(cdm_field_name, '') from " ~ seed ~ " where concept_id is null"
            " and lower(cdm_table_name) in ('" ~ counted | join("', '") ~ "') order by 1, 2, 3"
        ).rows -%}
        {%- for row in rows if not row[1] or row[1] in present[row[0]] -%}
            {%- do checks.setdefault(row[0], []).append({
                'table': row[0], 'field': row[1], 'check_name': row[2], 'parameter': row[3],
                'table_name': row[4], 'field_name': row[5],
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return({
        'relations': relations, 'present': present, 'checks': checks, 'filled': cdm_tables_filled(counted, relations),
    }) }}
{%- endmacro %}
