{#- Whether a text matches a regular expression from its first to its last character; both are SQL expressions. -#}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches', 'synthea_omop')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    {{ exceptions.raise_compiler_error("no implementation of matches() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_full_match({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro postgres__matches(text, pattern) -%}
    ({{ text }} ~ ('^(' || {{ pattern }} || ')$'))
{%- endmacro %}

{#- Java's `$` would let a line end pass. -#}
{% macro spark__matches(text, pattern) -%}
    regexp_like({{ text }}, '^(' || {{ pattern }} || ')\\z')
{%- endmacro %}
