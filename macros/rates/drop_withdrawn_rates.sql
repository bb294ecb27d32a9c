{#- Post-hook of the last model before the star: takes the rates of files that are no longer loaded off the star, before
    the dimensions forget what these refer to. A build that breaks off in between leaves rates away, and no orphans. -#}
{% macro drop_withdrawn_rates() -%}
    {%- set files = ref('int_rates__files') -%}
    {%- set rates = adapter.get_relation(this.database, 'rates', 'fact_rate') if execute -%}
    {%- if rates -%}
        {{ return(adapter.dispatch('drop_withdrawn_rates', 'synthea_omop')(rates, files)) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__drop_withdrawn_rates(rates, files) -%}
    delete from {{ rates }} where file_id not in (select file_id from {{ files }})
{%- endmacro %}

{% macro spark__drop_withdrawn_rates(rates, files) -%}
    {%- do drop_withdrawn_files(rates) -%}
{%- endmacro %}
