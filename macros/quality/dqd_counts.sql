{#- The body of a model with one row per check of the given CDM tables that could be counted: table and field level, but
    for what is counted in the concepts used. Each table is scanned once for what its own rows tell and once joined to
    what they refer to, at most 50 aggregates a time: more of them slow DuckDB down. A table or column that is missing has
    no row. `parents` are the tables referred to. Of the vocabulary's own tables references to concepts are counted too,
    and in an incremental run nothing unless another vocabulary has been loaded. -#}
{% macro dqd_counts(tables, parents=[], is_vocabulary=false) -%}
    {%- set relations = {} -%}
    {%- for name in tables + parents + ([] if is_vocabulary else ['person', 'death']) -%}
        {%- do relations.update({name: ref(name)}) -%}
    {%- endfor -%}
    {%- if is_vocabulary -%}
        {%- do relations.update({'batches': ref('stg_etl__load_batches')}) -%}
    {%- endif -%}
    {%- set checks = dqd_checks_of(tables) -%}
    {%- set present = cdm_columns_present(relations[tables[0]].schema) -%}
    {%- set counted = tables | select('in', present) | select('in', checks) | list -%}
    {%- if not counted -%}
        {{ no_rows() }}
    {%- else -%}
        {%- set has_persons = not is_vocabulary and 'person' in present and 'death' in present -%}
with

{{ dqd_person_facts(relations) if has_persons }}
        {%- if is_vocabulary %}
    batches as (
        select * from {{ relations.batches }}
    ),

    counted_batch as (
        select coalesce(max(batch_id), 0) as batch_id
        from batches
        where layout = 'vocabulary' and outcome = 'loaded'
            {%- if is_incremental() %}
        having coalesce(max(batch_id), 0) > (select coalesce(max(vocabulary_batch_id), -1) from {{ this }})
            {%- endif %}
    ),
        {%- endif %}
        {%- set selects = [] -%}
        {%- for table in counted %}
{{ dqd_counts_of_table(table, checks[table], present, relations, has_persons, is_vocabulary, selects) }}
        {%- endfor %}
counts as (
    {{ selects | join('\n    union all\n    ') }}
)

select
    cast(check_name as {{ sql_type('text') }}) as check_name,
    cast(cdm_table_name as {{ sql_type('text') }}) as cdm_table_name,
    cast(cdm_field_name as {{ sql_type('text') }}) as cdm_field_name,
    cast(violated_rows as bigint) as violated_rows,
    cast(denominator_rows as bigint) as denominator_rows
    {%- if is_vocabulary %},
    cast(counted_batch.batch_id as bigint) as vocabulary_batch_id
    {%- endif %}
from counts
    {%- if is_vocabulary %}
cross join counted_batch
    {%- endif %}
    {%- endif -%}
{%- endmacro %}
