{#- The foreign keys in a PostgreSQL database, each as `schema.table.key`. -#}
{% macro foreign_keys_present() -%}
    {%- set names = run_query("""
        select namespaces.nspname || '.' || tables.relname || '.' || constraints.conname
        from pg_catalog.pg_constraint as constraints
        inner join pg_catalog.pg_class as tables on constraints.conrelid = tables.oid
        inner join pg_catalog.pg_namespace as namespaces on tables.relnamespace = namespaces.oid
        where constraints.contype = 'f' and constraints.convalidated
    """) -%}
    {{ return(names.columns[0].values() | list) }}
{%- endmacro %}
