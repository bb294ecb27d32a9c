{#- A row of a relation as one text, by which rows can be told apart and put in an order. -#}
{% macro whole_row(relation) -%}
    {{ return(adapter.dispatch('whole_row', 'synthea_omop')(relation)) }}
{%- endmacro %}

{% macro default__whole_row(relation) -%}
    cast({{ relation }} as text)
{%- endmacro %}

{% macro spark__whole_row(relation) -%}
    cast(struct({{ relation }}.*) as string)
{%- endmacro %}
