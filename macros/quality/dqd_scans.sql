{#- How the CDM as it is now is to be counted, looked up once by the model that counts it: `relations`, `present` as
    cdm_columns_present(), the tables that have rows in `filled`, and `scans` as table -> {alone, joined, referred}: lists of
    [label, violating rows, possible rows] in its own rows and in those joined to `referred` ({column: table.key}).
    `empty` lists the checks of tables without rows. What refers to a missing table or column is in none of them. Without
    scans while the seed or the CDM is not there, as when dbt only parses, or nothing is wanted. -#}
{% macro dqd_scans(tables, parents=[], is_wanted=true, is_vocabulary=false) -%}
    {%- set relations, scans, empty = {}, {}, [] -%}
    {%- for name in tables + parents -%}
        {%- do relations.update({name: ref(name)}) -%}
    {%- endfor -%}
    {%- set seed = ref('dqd_checks') -%}
    {%- set is_seeded = execute and is_wanted and adapter.get_relation(seed.database, seed.schema, seed.identifier) is not none -%}
    {%- set present = cdm_columns_present(relations[tables[0]].schema) if is_seeded else {} -%}
    {%- set here = tables | select('in', present) | list -%}
    {%- set filled = cdm_tables_filled(here, relations) -%}
    {%- for table in filled -%}
        {%- do scans.update({table: {'alone': [], 'joined': [], 'referred': {}}}) -%}
    {%- endfor -%}
    {%- for table, column, check_name, violated, possible, columns_read, label
        in (run_query(dqd_counting(here, is_vocabulary)).rows if here else []) if column in present[table]
        and not (check_name == 'cdmDatatype' and present[table][column] in ('smallint', 'integer', 'bigint')) -%}
        {%- set missing = [] -%}
        {%- for read in (columns_read or '').split() if read.split('.')[1] not in present.get(read.split('.')[0], {}) -%}
            {%- do missing.append(read) -%}
        {%- endfor -%}
        {%- if missing -%}
        {%- elif table not in scans -%}
            {%- do empty.append(label) -%}
        {%- elif check_name == 'isPrimaryKey' -%}
            {%- do scans[table].update({'key': column, 'key_label': label}) -%}
        {%- else -%}
            {%- set is_joined = 'person_facts.' in violated or ' referred_' in violated -%}
            {%- do scans[table]['joined' if is_joined else 'alone'].append(
                [label, violated, possible or 'null']
            ) -%}
            {%- if ' referred_' in violated -%}
                {%- do scans[table].referred.update(
                    {'visit_occurrence_id': 'visit_occurrence.visit_occurrence_id'} if check_name == 'withinVisitDates'
                    else {column: columns_read}
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return({'relations': relations, 'present': present, 'filled': filled, 'scans': scans, 'empty': empty}) }}
{%- endmacro %}
