{#- At the start of `dbt run` and `dbt build`: refuses what must not start, and opens a row in etl.build with the last
    change that this build can see. Every patient is marked changed before a full refresh, so that one which fails
    half-way is repaired by the next run. --empty is refused where there is data, and recorded
    nowhere; compile, docs, test and seed leave no trace either. A build of the rates alone has a start of its own. The commit is there because dbt rolls back what an
    on-run-start hook leaves open on DuckDB. -#}
{% macro start_build() -%}
    {%- if execute and flags.WHICH in ('run', 'build') and builds_rates_only() -%}
        {{ start_rates_build() }}
    {%- elif execute and flags.WHICH in ('run', 'build') and flags.EMPTY -%}
        {#- Tables would be emptied and nothing would be pending to bring them back. -#}
        {%- if adapter.get_relation(target.database, 'raw_synthea', 'patients') is not none
            and run_query('select 1 from raw_synthea.patients limit 1').rows | length -%}
            {{ exceptions.raise_compiler_error("--empty would empty a CDM that has data: use it on another database.") }}
        {%- endif -%}
    {%- elif execute and flags.WHICH in ('run', 'build') -%}
        {%- if adapter.get_relation(target.database, 'etl', 'build') is none -%}
            {{ exceptions.raise_compiler_error(
                "This database has no etl schema: load an export first (synthea-omop load DIR), which makes every table."
            ) }}
        {%- endif -%}
        {%- if 'model.synthea_omop.fact_rate' in selected_resources -%}
            {%- do start_rates_build() -%}
        {%- endif -%}
        {%- set last = last_build() -%}
        {%- set refusal = refusal_to_build(last) -%}
        {%- if refusal -%}
            {{ exceptions.raise_compiler_error(refusal) }}
        {%- endif -%}
        {%- set pending = pending_changes(last) -%}
        {%- set statements -%}
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
                cast(now() at time zone 'utc' as timestamp),
                'started',
                (select coalesce(max(change_id), 0) from etl.patient_change),
                {{ flags.FULL_REFRESH or last.is_refresh_pending }},
                {{ pending.is_small }},
                {{ builds_beside() }},
                min(batch_id),
                max(batch_id),
                count(distinct patient_id),
                {{ graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | list | length }},
                '{{ project_checksum() }}'
            from etl.patient_change
            where change_id > {{ last.upto_change_id }};
            commit;
        {%- endset -%}
        {{ return(statements) }}
    {%- endif -%}
{%- endmacro %}
