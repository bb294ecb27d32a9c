{#- The md5 of a text (a SQL expression) as an id. -#}
{% macro uuid_of(text) -%}
    {{ return(adapter.dispatch('uuid_of', 'synthea_omop')(text)) }}
{%- endmacro %}

{% macro default__uuid_of(text) -%}
    cast(md5({{ text }}) as uuid)
{%- endmacro %}

{#- An id on Spark is the text that the others write. -#}
{% macro spark__uuid_of(text) -%}
    regexp_replace(
        md5({{ text }}), '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '$1-$2-$3-$4-$5'
    )
{%- endmacro %}
