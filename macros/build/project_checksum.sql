{#- What the CDM is built by, in one line of text: a checksum of the models that the rows of persons are made of, one of
    the seeds, one of the macros, and one of them all and of the checks, which loader/project.py finds without dbt. YAML,
    tests and settings change no row and are not in it; nor are the models of the rates and, but for the last, the models,
    seeds and macros that no row of a person is made of. -#}
{% macro project_checksum() -%}
    {%- set person_parts = person_scoped_parts() -%}
    {%- set sums = {'model': [], 'seed': [], 'macro': []} -%}
    {%- set all_sums = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ('model', 'seed') and 'rates' not in node.fqn -%}
        {%- set sum = node.name ~ ' ' ~ node.checksum.checksum -%}
        {%- do all_sums.append(sum) -%}
        {%- if node.unique_id in person_parts -%}
            {%- do sums[node.resource_type].append(sum) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name, macro in context[project_name].items() if not name.startswith('test_') -%}
        {%- set sum = local_md5(macro.macro.macro_sql) -%}
        {%- do all_sums.append(sum) -%}
        {%- if not macro.macro.original_file_path.startswith(('macros/rates/', 'macros/quality/')) -%}
            {%- do sums.macro.append(sum) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for kind in ('model', 'seed', 'macro') -%}
        {%- do parts.append(kind ~ 's ' ~ local_md5(sums[kind] | sort | join('\n'))) -%}
    {%- endfor -%}
    {{ return((parts + ['project ' ~ local_md5(all_sums | sort | join('\n'))]) | join(', ')) }}
{%- endmacro %}
