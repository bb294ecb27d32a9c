{#- What the CDM is built by: a checksum of the models, one of the seeds and one of the macros, in one line of text.
    YAML, tests and settings change no row and are not in it. loader/project.py finds the same without dbt. -#}
{% macro project_checksum() -%}
    {%- set sums = {'model': [], 'seed': [], 'macro': []} -%}
    {%- for node in graph.nodes.values() if node.resource_type in ('model', 'seed') -%}
        {%- do sums[node.resource_type].append(node.name ~ ' ' ~ node.checksum.checksum) -%}
    {%- endfor -%}
    {%- for name, macro in context[project_name].items() if not name.startswith('test_') -%}
        {%- do sums.macro.append(local_md5(macro.macro.macro_sql)) -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for kind in ('model', 'seed', 'macro') -%}
        {%- do parts.append(kind ~ 's ' ~ local_md5(sums[kind] | sort | join('\n'))) -%}
    {%- endfor -%}
    {{ return(parts | join(', ')) }}
{%- endmacro %}
