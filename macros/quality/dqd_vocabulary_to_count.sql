{#- The load of the vocabulary that is to be counted, 0 when none was loaded; none when it has been counted, or while dbt only
    parses or nothing is built. -#}
{% macro dqd_vocabulary_to_count() -%}
    {%- set batches = ref('stg_etl__load_batches') -%}
    {%- if not execute or adapter.get_relation(batches.database, batches.schema, batches.identifier) is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set loaded = run_query(
        'select coalesce(max(batch_id), 0) from ' ~ batches ~ " where layout = 'vocabulary' and outcome = 'loaded'"
    ).columns[0][0] -%}
    {%- if is_incremental() -%}
        {%- set counted = run_query('select coalesce(max(vocabulary_batch_id), -1) from ' ~ this).columns[0][0] -%}
        {{ return(loaded if loaded > counted else none) }}
    {%- endif -%}
    {{ return(loaded) }}
{%- endmacro %}
