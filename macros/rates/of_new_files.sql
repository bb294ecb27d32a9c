{#- The filter of an import by file: loaded files, in an incremental run only those whose rows the model has not yet. The
    ref stands outside the condition, because a ref inside is_incremental() is no edge of the graph. -#}
{% macro of_new_files() -%}
    {%- set files = ref('int_rates__files') -%}
    where file_id in (
        select file_id from {{ files }}
        {%- if is_incremental() %}
        where file_id not in (select distinct file_id from {{ this }})
        {%- endif %}
    )
{%- endmacro %}
