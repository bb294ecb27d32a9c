{#- The statements that open a build's row in etl.build, with the last change that it can see. On the databases every
    patient is marked changed before a full refresh, so that one which fails half-way is repaired by the next run. The
    commit is there because dbt rolls back what an on-run-start hook leaves open on DuckDB. -#}
{% macro open_build(last, pending) -%}
    {%- set checksum = project_checksum() -%}
    {%- set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | list | length -%}
    {{ return(adapter.dispatch('open_build', 'synthea_omop')(last, pending, checksum, models)) }}
{%- endmacro %}

{% macro default__open_build(last, pending, checksum, models) -%}
            {%- if flags.FULL_REFRESH %}
            insert into etl.patient_change (change_id, batch_id, patient_id, change)
            select
                (select coalesce(max(change_id), 0) from etl.patient_change)
                    + row_number() over (order by known.patient_id),
                (select coalesce(max(batch_id), 0) from etl.load_batch),
                known.patient_id,
                'full refresh'
            from (select distinct id as patient_id from raw_synthea.patients) as known;
            {%- endif %}
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
                {{ models }},
                '{{ checksum }}'
            from etl.patient_change
            where change_id > {{ last.upto_change_id }};
            commit;
{%- endmacro %}

{#- Changes are the loader's to write, and numbering all patients would be work for one process: here the row of the
    build says that all of them count as changed. See replaced_persons(). -#}
{% macro spark__open_build(last, pending, checksum, models) -%}
    {%- set is_full = flags.FULL_REFRESH or last.is_refresh_pending -%}
    insert into etl.build (
        build_id, started_at, outcome, upto_change_id, full_refresh, is_small, is_beside, first_batch_id,
        last_batch_id, patients, models, checksum
    )
    select
        (select coalesce(max(build_id), 0) + 1 from etl.build),
        {{ utc_now() }},
        'started',
        (select coalesce(max(change_id), 0) from etl.patient_change),
        {{ is_full }},
        {{ pending.is_small }},
        {{ builds_beside() }},
        min(batch_id),
        max(batch_id),
        count(distinct patient_id),
        {{ models }},
        '{{ checksum }}'
    from (
        select batch_id, patient_id
        from etl.patient_change
        where change_id > {{ last.upto_change_id }}
        {%- if is_full %}
        union all
        select (select coalesce(max(batch_id), 0) from etl.load_batch), id
        from raw_synthea.patients
        {%- endif %}
    ) as marked
{%- endmacro %}
