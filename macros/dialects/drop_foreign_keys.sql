{#- At the start of a build: takes off the foreign keys of and to the tables that it is about to replace, so that the
    models may replace them in any order and no row is checked on its way in. Keys within the vocabulary stay, and after
    a small change all of them do. make_foreign_keys() brings back what is missing. -#}
{% macro drop_foreign_keys() -%}
    {%- if execute and flags.WHICH in ('run', 'build') and not flags.EMPTY -%}
        {{ return(adapter.dispatch('drop_foreign_keys', 'synthea_omop')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__drop_foreign_keys() -%}
    {{ exceptions.raise_compiler_error("no implementation of drop_foreign_keys() for " ~ target.type) }}
{%- endmacro %}

{#- DuckDB gets no keys: they would cost more than the build, and tests look at the references. -#}
{% macro duckdb__drop_foreign_keys() -%}
{%- endmacro %}

{#- What an analyst wrote into a table that no build fills may refer to a visit that goes: its keys are taken off
    even after a small change. -#}
{% macro postgres__drop_foreign_keys() -%}
    {%- set keys_stay = keys_stay() -%}
    {%- set replaced = [] -%}
    {%- for node in graph.nodes.values() if node.unique_id in selected_resources -%}
        {%- if node.config.materialized in ('table', 'incremental') -%}
            {%- do replaced.append(node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set present = foreign_keys_present() -%}
    {%- for key in cdm_foreign_keys() if key.child ~ '.' ~ key.name in present -%}
        {%- set is_dropped = key.model in replaced or key.parent_model in replaced -%}
        {%- if is_dropped and keys_stay -%}
            {%- set is_dropped = key.parent_model in replaced and key.model not in replaced
                and run_query('select 1 from ' ~ key.child ~ ' limit 1').rows | length > 0 -%}
        {%- endif -%}
        {%- if is_dropped %}
    alter table {{ key.child }} drop constraint {{ key.name }};
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro spark__drop_foreign_keys() -%}
{%- endmacro %}
