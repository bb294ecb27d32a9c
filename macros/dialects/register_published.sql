{#- At the end of a build that is to be published: lets the engine's catalogue know where the published tables are. -#}
{% macro register_published() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {{ return(adapter.dispatch('register_published', 'synthea_omop')()) }}
    {%- endif -%}
{%- endmacro %}

{#- They take the place of the former ones. -#}
{% macro default__register_published() -%}
{%- endmacro %}

{#- The tables of omop and quality once more, as omop_published and quality_published, on the files that the loader links
    into a folder whose name stays. The vocabulary is the same for both. -#}
{% macro spark__register_published() -%}
    {%- set schemas = {'omop': [], 'quality': []} -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.schema in schemas
        and 'rates' not in node.fqn and env_var('SYNTHEA_OMOP_PUBLISH', '') == '1' -%}
        {%- if node.config.materialized != 'view' or 'vocabulary' in node.fqn -%}
            {%- do schemas[node.schema].append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for schema, nodes in schemas.items() if nodes -%}
        {%- set beside = schema ~ '_published' -%}
        {%- do run_query('create schema if not exists ' ~ beside) -%}
        {%- set known = run_query('show tables in ' ~ beside).columns['tableName'].values() -%}
        {%- for node in nodes -%}
            {%- set published = api.Relation.create(schema=beside, identifier=node.name) -%}
            {%- do register_published_table(node, published, node.name in known) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
