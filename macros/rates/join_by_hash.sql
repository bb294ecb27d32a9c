{#- Pre-hook of a model that joins millions of lines to a dictionary by many texts: PostgreSQL knows nothing of how many
    lines such a condition leaves, takes a nested loop for cheap and does not come back. Lasts for the transaction of
    the model. -#}
{% macro join_by_hash() -%}
    {{ return(adapter.dispatch('join_by_hash', 'synthea_omop')()) }}
{%- endmacro %}

{% macro default__join_by_hash() -%}
    {{ exceptions.raise_compiler_error("no implementation of join_by_hash() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__join_by_hash() -%}
{%- endmacro %}

{% macro postgres__join_by_hash() -%}
    set local enable_nestloop = off
{%- endmacro %}
