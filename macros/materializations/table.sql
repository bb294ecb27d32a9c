{#- In place of dbt's materializations of this name on the databases, which ask more than is needed here. -#}
{% materialization table, adapter='duckdb' %}
    {{ return(replaced_table(is_emptied=false)) }}
{% endmaterialization %}

{#- PostgreSQL drops a table's views with it. Where the project is the one that made the table, as standing_nodes() knows,
    the views are not made in this run: its rows alone are replaced. -#}
{% materialization table, adapter='postgres' %}
    {{ return(replaced_table(is_emptied=standing_nodes())) }}
{% endmaterialization %}
