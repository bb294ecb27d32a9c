{#- In place of dbt's materializations of this name on the databases. Where the project is the one that made the table,
    as standing_nodes() knows, its rows alone are replaced: so a contract need not be looked at again, and PostgreSQL keeps
    the views on the table, which this run does not make. -#}
{% materialization table, adapter='duckdb' %}
    {{ return(replaced_table(is_emptied=standing_nodes() and config.get('contract').enforced)) }}
{% endmaterialization %}

{% materialization table, adapter='postgres' %}
    {{ return(replaced_table(is_emptied=standing_nodes())) }}
{% endmaterialization %}
