{#- Post-hook of the last model before the star: takes the rates of files that are no longer loaded off the star, before
    the dimensions forget what these refer to. A build that breaks off in between leaves rates away, and no orphans. -#}
{% macro drop_withdrawn_rates() -%}
    {%- set files = ref('int_rates__files') -%}
    {%- set rates = adapter.get_relation(this.database, 'rates', 'fact_rate') if execute -%}
    {%- if rates -%}
        delete from {{ rates }} where file_id not in (select file_id from {{ files }})
    {%- endif -%}
{%- endmacro %}
