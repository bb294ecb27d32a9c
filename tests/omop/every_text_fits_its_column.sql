-- No text is longer than the varchar(n) of its contract, which PostgreSQL enforces and the others
-- do not. The lengths are read from the models' YAML.
{%- set tables = [
    'person', 'death', 'visit_occurrence', 'visit_detail', 'condition_occurrence', 'drug_exposure',
    'procedure_occurrence', 'device_exposure', 'measurement', 'observation', 'specimen', 'location', 'care_site',
    'provider', 'payer_plan_period', 'cost', 'cdm_source',
] %}
{%- set lengths = {} %}
{%- set limits = {} %}
{%- for table in tables %}
    {%- set node = graph.nodes['model.synthea_omop.' ~ table] if execute else {'columns': {}} %}
    {%- do lengths.update({table: []}) %}
    {%- do limits.update({table: []}) %}
    {%- for column in node.columns.values() if column.data_type.startswith('varchar(') %}
        {%- do lengths[table].append('max(length(' ~ column.name ~ ')) as ' ~ column.name) %}
        {%- set allowed = column.data_type[8:-1] %}
        {%- do limits[table].append(["'" ~ column.name ~ "'", 'longest.' ~ column.name, allowed]) %}
    {%- endfor %}
    {%- if execute and not limits[table] %}
        {{ exceptions.raise_compiler_error(table ~ " has no column that is a varchar(n)") }}
    {%- endif %}
{%- endfor %}
with

{%- for table in tables %}

    {{ table }}_longest as (
        select
            {{ lengths[table] | join(',\n            ') }}
        from {{ ref(table) }}
    ),
{%- endfor %}

too_long as (
    {%- for table in tables %}
        select
            '{{ table }}' as cdm_table,
            listed.column_name,
            listed.characters,
            listed.allowed
        from {{ table }}_longest as longest
        cross join {{ lateral_values(limits[table], 'listed', {
            'column_name': 'text', 'characters': 'integer', 'allowed': 'integer',
        }) }}
        where listed.characters > listed.allowed
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
)

select * from too_long
