{#- In place of dbt's materializations of this name on the databases. The rows of changed persons, which is nearly every
    model's way, are replaced by one delete and one insert: the checksum of the project (refusal_to_build()) and the
    contract have seen to it that the columns are the table's. Other strategies ask for the new rows more than once
    and get them as a temporary table, whose columns are compared with the table's unless the same project made it
    (standing_nodes()). -#}
{% materialization incremental, adapter='duckdb' %}
    {{ return(replaced_rows()) }}
{% endmaterialization %}

{% materialization incremental, adapter='postgres' %}
    {{ return(replaced_rows()) }}
{% endmaterialization %}
