{#- At the start of a command: lets the engine's catalogue know of the tables that the loader made. -#}
{% macro register_sources() -%}
    {%- if execute -%}
        {{ return(adapter.dispatch('register_sources', 'synthea_omop')()) }}
    {%- endif -%}
{%- endmacro %}

{#- They are the database's own. -#}
{% macro default__register_sources() -%}
{%- endmacro %}

{#- What Spark has are Parquet files in folders whose names stay; a load swaps what lies behind them. The session of
    a server, which lives on, remembers which files there were. -#}
{% macro spark__register_sources() -%}
    {%- set warehouse = env_var(
        'SYNTHEA_OMOP_SPARK_WAREHOUSE', env_var('SYNTHEA_OMOP_WAREHOUSE', 'synthea_omop_warehouse')
    ) -%}
    {%- set tables = {
        'raw_synthea': ['alive'],
        'raw_rates': ['alive'],
        'etl': ['build_step', 'person_buckets', 'rate_file', 'rejected_rate'],
    } -%}
    {%- for source in graph.sources.values() if source.name not in tables.setdefault(source.schema, []) -%}
        {%- do tables[source.schema].append(source.name) -%}
    {%- endfor -%}
    {%- for schema, names in tables.items() -%}
        {%- do run_query('create schema if not exists ' ~ schema) -%}
        {%- set known = run_query('show tables in ' ~ schema).columns['tableName'].values() -%}
        {%- for name in names -%}
            {%- set folder = warehouse ~ ('/etl/' if name in ('build', 'build_step') else '/current/' ~ schema ~ '/') ~ name -%}
            {%- if name not in known -%}
                {%- do run_query("create table " ~ schema ~ "." ~ name ~ " using parquet location '" ~ folder ~ "'") -%}
            {%- elif env_var('SYNTHEA_OMOP_SPARK_REMOTE', '') -%}
                {%- do run_query('refresh table ' ~ schema ~ '.' ~ name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
