{#- The insert of a build's row into etl.build, with the last change that the build can see. Its checksum ends with what
    the loader says of all files of the project, which a build by hand does not know. `marked` is what follows
    `from`: the changes to count, with their batches and patients. -#}
{% macro insert_build(last, pending, marked) -%}
            insert into etl.build (
                build_id, started_at, outcome, upto_change_id, full_refresh, is_small, is_beside, first_batch_id,
                last_batch_id, patients, models, checksum
            )
            select
                (select coalesce(max(build_id), 0) + 1 from etl.build),
                {{ utc_now() }},
                'started',
                (select coalesce(max(change_id), 0) from etl.patient_change),
                {{ flags.FULL_REFRESH or last.is_refresh_pending }},
                {{ pending.is_small }},
                {{ builds_beside() }},
                min(batch_id),
                max(batch_id),
                count(distinct patient_id),
                {{ graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | list | length }},
                '{{ project_checksum() }}, files {{ env_var("SYNTHEA_OMOP_PROJECT_KEY", "unknown") }}'
            from {{ marked }}
{%- endmacro %}
