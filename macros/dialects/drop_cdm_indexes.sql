{#- Before the rows of many persons are replaced in a table of the CDM: takes off its primary key and its indexes, in the
    transaction that replaces the rows. create_cdm_indexes(), which ends that transaction, makes them anew. -#}
{% macro drop_cdm_indexes() -%}
    {%- if execute and model.fqn[1] == 'omop' and not this_build().is_small -%}
        {{ return(adapter.dispatch('drop_cdm_indexes', 'synthea_omop')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__drop_cdm_indexes() -%}
    {{ exceptions.raise_compiler_error("no implementation of drop_cdm_indexes() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__drop_cdm_indexes() -%}
{%- endmacro %}

{% macro postgres__drop_cdm_indexes() -%}
    {%- set present = run_query(
        "select indexname from pg_indexes where schemaname = '" ~ this.schema ~ "' and tablename = '" ~ this.identifier ~ "'"
    ).columns[0].values() -%}
    {%- for index_name in present %}
        {%- if index_name.endswith('_pkey') %}
    alter table {{ this }} drop constraint {{ index_name }};
        {%- else %}
    drop index {{ this.schema }}.{{ index_name }};
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro spark__drop_cdm_indexes() -%}
{%- endmacro %}
