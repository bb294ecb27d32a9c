{#- At the end of `dbt run` and `dbt build`: closes the build in etl.build (insert-only, so a second row). The changes
    count as consumed only when every person-scoped model succeeded in this one invocation: a failed model, a
    selection and a retry leave them pending ('partial'), and the next build does them again. Of the other outcomes only
    'done' says that all is well: 'failing' has a test or another model that failed, 'untested' had no data tests. -#}
{% macro finish_build(results) -%}
    {%- if execute and flags.WHICH in ('run', 'build') and not flags.EMPTY and not builds_rates_only() -%}
        {%- set built = results | selectattr('status', 'equalto', 'success') | map(attribute='node.unique_id') | list -%}
        {%- set missing = [] -%}
        {%- for node in graph.nodes.values() if node.config.materialized == 'incremental' -%}
            {%- if node.config.incremental_strategy == 'replace_persons' and node.unique_id not in built -%}
                {%- do missing.append(node.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set failed = results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'no-op']) | list -%}
        {%- set tests = results | selectattr('node.resource_type', 'equalto', 'test') | list -%}
        {%- set statement -%}
            insert into etl.build
                (build_id, started_at, finished_at, outcome, upto_change_id, full_refresh, models, seconds)
            select
                build_id,
                started_at,
                cast(now() at time zone 'utc' as timestamp),
                '{{ "partial" if missing else "failing" if failed else "done" if tests else "untested" }}',
                upto_change_id,
                full_refresh,
                {{ results | selectattr('node.resource_type', 'equalto', 'model') | list | length }},
                cast(extract(epoch from cast(now() at time zone 'utc' as timestamp) - started_at) as double precision)
            from etl.build
            where outcome = 'started' and build_id = (select max(build_id) from etl.build);
        {%- endset -%}
        {{ return(statement) }}
    {%- endif -%}
{%- endmacro %}
