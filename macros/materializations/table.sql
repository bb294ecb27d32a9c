{#- In place of dbt's materializations of this name on the databases, which ask more than is needed here. -#}
{% materialization table, adapter='duckdb' %}
    {{ return(replaced_table(is_emptied=false)) }}
{% endmaterialization %}

{#- PostgreSQL drops a table's views with it. Where those are not made again in this run the table stays, and its
    rows are replaced: the project is then the one that made it. -#}
{% materialization table, adapter='postgres' %}
    {{ return(replaced_table(is_emptied=standing_nodes() and not flags.FULL_REFRESH)) }}
{% endmaterialization %}
