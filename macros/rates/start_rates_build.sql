{#- At the start of a build of the rates alone: refuses a database that the loader has not prepared, and one whose raw
    tables hold no data although files were loaded (a crash of PostgreSQL empties them): the models would take the files
    for withdrawn ones. -#}
{% macro start_rates_build() -%}
    {%- if adapter.get_relation(target.database, 'etl', 'rate_file') is none -%}
        {{ exceptions.raise_compiler_error(
            "This database has no etl schema: load rates first (synthea-omop rates), which makes every table."
        ) }}
    {%- endif -%}
    {%- set gone = run_query(
        "select 1 where exists (select 1 from etl.rate_file where outcome = 'loaded')"
        " and not exists (select 1 from raw_rates.alive)"
        ~ (" or exists (select 1 from etl.rate_file where outcome = 'lost')" if flags.FULL_REFRESH else "")
    ).rows -%}
    {%- if gone | length -%}
        {{ exceptions.raise_compiler_error(
            "The raw tables of the rates hold no data (the server crashed): load the files again, then build."
        ) }}
    {%- endif -%}
{%- endmacro %}
