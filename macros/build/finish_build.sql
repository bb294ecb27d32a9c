{#- At the end of `dbt run` and `dbt build`: closes the build in etl.build (insert-only, so a second row). The changes
    count as consumed only when every person-scoped model, and every model that these read, succeeded in this one
    invocation or stands there already as the project makes it: a failed model, a selection (--exclude int_changes__persons, say) and a retry leave them pending
    ('partial'), and the next build does them again. Of the other outcomes only
    'done' says that all is well: 'failing' has a test or another model that failed, 'untested' had no data tests. What was
    built beside the CDM is 'unpublished' until it takes its place: whoever puts it there writes how it went.
    `rows` are those of the CDM's tables that belong to the persons of this build. -#}
{% macro finish_build(results) -%}
    {#- Outside the condition, or dbt does not see that the hook reads it. -#}
    {%- set persons = ref('int_changes__persons') -%}
    {%- if execute and flags.WHICH in ('run', 'build') and not flags.EMPTY and not builds_rates_only() -%}
        {%- set built = results | selectattr('status', 'equalto', 'success') | map(attribute='node.unique_id') | list -%}
        {%- set standing = standing_nodes() -%}
        {%- set scoped = person_scoped_models() -%}
        {%- set missing = [] -%}
        {%- for part in person_scoped_parts() if part.startswith('model.') and part not in built
            and not (graph.nodes[part].name in standing and graph.nodes[part].config.materialized == 'view') -%}
            {%- do missing.append(part) -%}
        {%- endfor -%}
        {%- set failed = results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'no-op']) | list -%}
        {%- set tests = results | selectattr('node.resource_type', 'equalto', 'test') | list -%}
        {%- set counts = [] -%}
        {%- for node in scoped if node.fqn[1] == 'omop' and not missing -%}
            {%- do counts.append(
                '(select count(*) from ' ~ node.relation_name ~ ' where '
                ~ node.config.meta.get('person_expression', 'person_id')
                ~ ' in (select person_id from ' ~ persons ~ '))'
            ) -%}
        {%- endfor -%}
        {%- set outcome = 'partial' if missing else 'unpublished' if builds_beside() else 'failing' if failed
            else 'done' if tests else 'untested' -%}
        {%- set statement -%}
            insert into etl.build (
                build_id, started_at, finished_at, outcome, upto_change_id, full_refresh, is_small, is_beside,
                first_batch_id, last_batch_id, patients, models, rows, seconds, checksum
            )
            select
                build_id,
                started_at,
                {{ utc_now() }},
                '{{ outcome }}',
                upto_change_id,
                full_refresh,
                is_small,
                is_beside,
                first_batch_id,
                last_batch_id,
                patients,
                {{ results | selectattr('node.resource_type', 'equalto', 'model') | list | length }},
                {{ counts | join(' + ') or 'null' }},
                {{ seconds_since('started_at') }},
                checksum
            from etl.build
            where outcome = 'started' and build_id = (select max(build_id) from etl.build);
        {%- endset -%}
        {{ return(statement) }}
    {%- endif -%}
{%- endmacro %}
