{#- The statements that open a build's row in etl.build. On the databases every patient is marked changed before a full
    refresh, so that one which fails half-way is repaired by the next run. The commit is there because dbt rolls back
    what an on-run-start hook leaves open on DuckDB. -#}
{% macro open_build(last, pending) -%}
    {{ return(adapter.dispatch('open_build', 'synthea_omop')(last, pending)) }}
{%- endmacro %}

{% macro default__open_build(last, pending) -%}
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
            {{ insert_build(last, pending, 'etl.patient_change where change_id > ' ~ last.upto_change_id) }};
            commit;
{%- endmacro %}

{#- Changes are the loader's to write, and numbering all patients would be work for one process: here the row of the
    build says that all of them count as changed. See replaced_persons(). -#}
{% macro spark__open_build(last, pending) -%}
    {%- set marked -%}
    (
        select batch_id, patient_id
        from etl.patient_change
        where change_id > {{ last.upto_change_id }}
        {%- if flags.FULL_REFRESH or last.is_refresh_pending %}
        union all
        select (select coalesce(max(batch_id), 0) from etl.load_batch), id
        from raw_synthea.patients
        {%- endif %}
    ) as marked
    {%- endset -%}
    {{ insert_build(last, pending, marked) }}
{%- endmacro %}
