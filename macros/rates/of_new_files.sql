{#- The filter of an import by file: loaded files, in an incremental run only those whose rows the model has not yet. A build
    writes their numbers, which reach the scan of every table below; a subquery stays above the joins on PostgreSQL. The
    ref stands outside the condition, because a ref inside is_incremental() is no edge of the graph. -#}
{% macro of_new_files() -%}
    {%- set files = ref('int_rates__files') -%}
    {%- set chosen -%}
        select file_id from {{ files }}
        {%- if is_incremental() %}
        where file_id not in (select distinct file_id from {{ this }})
        {%- endif %}
    {%- endset -%}
    {%- if execute and flags.WHICH in ('run', 'build') and not flags.EMPTY and model.resource_type != 'unit_test' -%}
        {%- set found = run_query(chosen).columns[0].values() -%}
        where {{ 'file_id in (' ~ found | join(', ') ~ ')' if found else 'false' }}
    {%- else -%}
    where file_id in (
        {{ chosen }}
    )
    {%- endif -%}
{%- endmacro %}
