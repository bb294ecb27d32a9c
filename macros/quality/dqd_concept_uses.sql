{#- The body of `dqd_concept_uses`: each table is grouped once by all of its concepts and the source values beside them;
    the few thousand combinations are then listed column by column. A concept whose unit or whose persons' gender is
    checked is listed with it, a source value with the concept that it became. -#}
{% macro dqd_concept_uses(tables) -%}
    {%- set relations = {} -%}
    {%- for name in tables -%}
        {%- do relations.update({name: ref(name)}) -%}
    {%- endfor -%}
    {%- set seed = ref('dqd_checks') -%}
    {%- set is_seeded = execute and adapter.get_relation(seed.database, seed.schema, seed.identifier) is not none -%}
    {%- set present = cdm_columns_present(relations.person.schema) if is_seeded else {} -%}
    {%- set filled = cdm_tables_filled(tables | select('in', present) | list, relations) -%}
    {%- set with_gender = ['condition_occurrence', 'procedure_occurrence'] -%}
    {%- set selects = [] -%}
    {%- set ctes -%}
        {%- for table, columns in dqd_concept_columns(filled, present).items() -%}
            {%- set concepts, sources = columns.concepts, columns.sources -%}
            {%- set grouped = concepts.keys() | list + sources.keys() | list -%}
            {%- for value in concepts.values() if value and value not in grouped -%}
                {%- do grouped.append(value) -%}
            {%- endfor -%}
            {%- if concepts -%}
                {%- do selects.append(table) -%}
                {%- set no_integer = 'cast(null as integer)' -%}
                {%- set listed = [] -%}
                {%- for column, source in concepts.items() -%}
                    {%- do listed.append([
                        column,
                        'combinations.' ~ column,
                        'cast(null as ' ~ sql_type('text') ~ ')',
                        'combinations.' ~ source ~ ' is not null' if source else 'false',
                        'combinations.unit_concept_id' if column == 'measurement_concept_id' else no_integer,
                        'combinations.person_gender' if table in with_gender
                        and column in ('condition_concept_id', 'procedure_concept_id') else no_integer,
                    ]) -%}
                {%- endfor -%}
                {%- for column, concept in sources.items() -%}
                    {%- do listed.append([
                        column,
                        'combinations.' ~ concept,
                        'cast(combinations.' ~ column ~ ' as ' ~ sql_type('text') ~ ')',
                        'false',
                        no_integer,
                        no_integer,
                    ]) -%}
                {%- endfor %}
    {{ table }}_rows as (
        select * from {{ relations[table] }}
    ),

    {{ table }}_combinations as (
        select
            {%- for column in grouped %}
            checked.{{ column }},
            {%- endfor %}
            {{ 'person_facts.gender_concept_id' if table in with_gender else 'cast(null as integer)' }} as person_gender,
            count(*) as used_rows
        from {{ table }}_rows as checked
        {%- if table in with_gender %}
        left join person_facts on checked.person_id = person_facts.person_id
        {%- endif %}
        group by
            {%- for column in grouped %}
            checked.{{ column }}{{ ',' if not loop.last or table in with_gender }}
            {%- endfor %}
            {{ 'person_facts.gender_concept_id' if table in with_gender }}
    ),

    {{ table }}_uses as (
        select
            '{{ table | upper }}' as cdm_table_name,
            combinations.used_rows,
            {{- rows_of_expressions(listed, {
                'cdm_field_name': 'text', 'concept_id': 'integer', 'source_value': 'text', 'has_source_value': 'boolean',
                'unit_concept_id': 'integer', 'gender_concept_id': 'integer',
            }) }}
        from {{ table }}_combinations as combinations
    ),
            {%- endif -%}
        {%- endfor -%}
    {%- endset -%}
    {%- if not selects or 'death' not in present -%}
        {{ no_rows() }}
    {%- else -%}
with

{{ dqd_person_facts(relations) }}
{{ ctes }}
uses as (
    {%- for table in selects %}
    select * from {{ table }}_uses
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cast(cdm_table_name as {{ sql_type('text') }}) as cdm_table_name,
    cast(cdm_field_name as {{ sql_type('text') }}) as cdm_field_name,
    cast(concept_id as integer) as concept_id,
    cast(source_value as {{ sql_type('text') }}) as source_value,
    cast(has_source_value as boolean) as has_source_value,
    cast(unit_concept_id as integer) as unit_concept_id,
    cast(gender_concept_id as integer) as gender_concept_id,
    cast(sum(used_rows) as bigint) as used_rows
from uses
group by
    cdm_table_name, cdm_field_name, concept_id, source_value, has_source_value, unit_concept_id, gender_concept_id
    {%- endif -%}
{%- endmacro %}
