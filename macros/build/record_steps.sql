{#- At the end of `dbt run`, `dbt build` and `dbt seed`: what became of each model, seed and test of the build, and the seconds it
    took, as rows of etl.build_step beside the build's row in etl.build. Of a model `room` is its folder. `dbt seed` has no
    build of its own: its rows say so, since the next run may not take those seeds for the last build's. A database that
    an older loader prepared has no such table until the next load. -#}
{% macro record_steps(results) -%}
    {%- if execute and flags.WHICH in ('run', 'build', 'seed') and not flags.EMPTY
        and adapter.get_relation(target.database, 'etl', 'build_step') is not none -%}
        {%- set rows = [] -%}
        {%- for result in results if result.node.resource_type in ('model', 'seed', 'test', 'unit_test') -%}
            {%- do rows.append(
                "('" ~ result.node.resource_type ~ "', '"
                ~ (result.node.fqn[1] if result.node.resource_type == 'model' else result.node.resource_type ~ 's')
                ~ "', '" ~ result.node.name | replace("'", "''") ~ "', '"
                ~ (result.status if flags.WHICH != 'seed' else 'by hand') ~ "', "
                ~ (result.failures if result.failures is not none else 'null') ~ ", " ~ result.execution_time ~ ")"
            ) -%}
        {%- endfor -%}
        {%- if rows -%}
            {{ return(
                "insert into etl.build_step (build_id, kind, room, name, status, failures, seconds)"
                ~ " select (select coalesce(max(build_id), 0) from etl.build), kind, room, name, status,"
                ~ " cast(failures as bigint), cast(seconds as " ~ sql_type('double precision') ~ ")"
                ~ " from (values " ~ rows | join(", ") ~ ")"
                ~ " as step (kind, room, name, status, failures, seconds)"
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
