{#- In place of dbt's macro of this name, which asks for all there is to know of every table: a minute before anything
    is built. What dbt needs is which of them are views. -#}
{% macro spark__list_relations_without_caching(relation) -%}
    {%- set views = run_query('show views in ' ~ relation.schema).columns['viewName'].values() -%}
    {%- set rows = [] -%}
    {%- for name in run_query('show tables in ' ~ relation.schema).columns['tableName'].values() -%}
        {%- set type = 'Type: VIEW' if name in views else 'Type: MANAGED' -%}
        {%- do rows.append("('" ~ relation.schema ~ "', '" ~ name ~ "', false, '" ~ type ~ "')") -%}
    {%- endfor -%}
    {{ return(run_query(
        'select * from values ' ~ (rows | join(', ') or "('', '', false, '')")
        ~ ' as relations (namespace, tableName, isTemporary, information) where namespace <> \'\''
    )) }}
{%- endmacro %}
