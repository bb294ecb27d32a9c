{#- Pre-hook of the CDM's tables: where foreign keys stay on, a table is built after those that it refers to, and the
    first of all after the change set, which takes the rows of changed persons away. The ref is an edge of the graph in a
    hook too. -#}
{% macro after_parents() -%}
    {{ return(adapter.dispatch('after_parents', 'synthea_omop')()) }}
{%- endmacro %}

{% macro default__after_parents() -%}
    {{ exceptions.raise_compiler_error("no implementation of after_parents() for " ~ target.type) }}
{%- endmacro %}

{#- Without keys no order: a data test that fails on a table skips no more than it has to. -#}
{% macro duckdb__after_parents() -%}
{%- endmacro %}

{#- The columns of a model are not known while dbt parses, so the order is said and not derived. -#}
{% macro postgres__after_parents() -%}
    {%- set parents = {
        'location': 'int_changes__persons',
        'care_site': 'location',
        'provider': 'care_site',
        'person': 'provider',
        'visit_occurrence': 'person',
        'visit_detail': 'visit_occurrence',
    } -%}
    {%- if model.name in parents -%}
        {%- do ref(parents[model.name]) -%}
    {%- elif model.fqn[2] in ('clinical', 'economics', 'eras') -%}
        {%- do ref('visit_detail') -%}
    {%- endif -%}
{%- endmacro %}

{% macro spark__after_parents() -%}
{%- endmacro %}
