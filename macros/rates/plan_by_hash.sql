{#- Pre-hook of a model that groups millions of lines by many texts or joins them to a dictionary by these: PostgreSQL
    knows nothing of what such a condition leaves, takes sorts and loops for cheap and does not come back. With hashes
    alone it takes seconds, most where all of them fit into memory. Lasts for the transaction of the model. -#}
{% macro plan_by_hash() -%}
    {{ return(adapter.dispatch('plan_by_hash', 'synthea_omop')()) }}
{%- endmacro %}

{% macro default__plan_by_hash() -%}
    {{ exceptions.raise_compiler_error("no implementation of plan_by_hash() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__plan_by_hash() -%}
{%- endmacro %}

{% macro postgres__plan_by_hash() -%}
    set local enable_nestloop = off;
    set local enable_mergejoin = off;
    set local enable_sort = off;
    set local hash_mem_multiplier = 8;
    set local jit = off
{%- endmacro %}

{% macro spark__plan_by_hash() -%}
{%- endmacro %}
