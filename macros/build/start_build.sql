{#- At the start of `dbt run` and `dbt build`: refuses what must not start, and opens a row in etl.build with the last
    change that this build can see (open_build()). --empty is refused where there is data, and recorded
    nowhere; compile, docs, test and seed leave no trace either. A build of the rates alone has a
    start of its own. -#}
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
        {%- do graph.update({'this_build': {
            'full_refresh': flags.FULL_REFRESH or last.is_refresh_pending, 'is_small': pending.is_small,
        }}) -%}
        {{ return(open_build(last, pending)) }}
    {%- endif -%}
{%- endmacro %}
