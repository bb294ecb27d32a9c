{#- The filter of an import by file: loaded files, in an incremental run only those whose rows the model has not yet. The
    ref stands outside the condition, because a ref inside is_incremental() is no edge of the graph. -#}
{% macro of_new_files() -%}
    {%- set files = ref('int_rates__files') -%}
    where file_id in (
        select loaded.file_id
        from {{ files }} as loaded
        {%- if is_incremental() %}
        where not exists (select 1 from {{ this }} as built where built.file_id = loaded.file_id)
        {%- endif %}
    )
{%- endmacro %}
