{#- Takes away the partitions of rates files that are no longer loaded. -#}
{% macro drop_withdrawn_files(target_relation) -%}
    {%- set withdrawn = run_query(
        "select distinct file_id from " ~ target_relation
        ~ " where file_id not in (select file_id from " ~ ref('int_rates__files') ~ ")"
    ).columns[0].values() -%}
    {%- for file in withdrawn -%}
        {%- do empty_partition(target_relation, 'file_id', file) -%}
    {%- endfor -%}
{%- endmacro %}
