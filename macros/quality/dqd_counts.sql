{#- The body of a model with one row per check of the given CDM tables that could be counted: table and field level, but
    for what is counted in the concepts used (`with_concepts` has references to concepts counted here too). Each table is
    scanned once for what its own rows tell and once joined to what they refer to, at most 50 aggregates a time: more of
    them slow DuckDB down. A table or column that is missing has no row. `parents` are the tables referred to. -#}
{% macro dqd_counts(tables, parents=[], with_concepts=false, only_if=none) -%}
    {%- set relations = {} -%}
    {%- for name in tables + parents + ['person', 'death'] -%}
        {%- do relations.update({name: ref(name)}) -%}
    {%- endfor -%}
    {%- set checks = dqd_checks_of(tables) -%}
    {%- set present = cdm_columns_present() -%}
    {%- set counted = tables | select('in', present) | select('in', checks) | list -%}
    {%- if not counted -%}
        {{ no_rows() }}
    {%- else -%}
        {%- set has_persons = 'person' in present and 'death' in present -%}
with

{{ dqd_person_facts(relations) if has_persons }}
        {%- set selects = [] -%}
        {%- for table in counted %}
{{ dqd_counts_of_table(table, checks[table], present, relations, has_persons, with_concepts, selects) }}
        {%- endfor %}
counts as (
    {{ selects | join('\n    union all\n    ') }}
)

select
    cast(check_name as text) as check_name,
    cast(cdm_table_name as text) as cdm_table_name,
    cast(cdm_field_name as text) as cdm_field_name,
    cast(violated_rows as bigint) as violated_rows,
    cast(denominator_rows as bigint) as denominator_rows
from counts
    {%- endif -%}
{%- endmacro %}
