{#- The aggregate that joins the texts of a group, in the order given. -#}
{% macro texts_joined(text, separator, order_by) -%}
    {{ return(adapter.dispatch('texts_joined', 'synthea_omop')(text, separator, order_by)) }}
{%- endmacro %}

{% macro default__texts_joined(text, separator, order_by) -%}
    string_agg({{ text }}, {{ separator }} order by {{ order_by }})
{%- endmacro %}

{% macro spark__texts_joined(text, separator, order_by) -%}
    listagg({{ text }}, {{ separator }}) within group (order by {{ order_by }})
{%- endmacro %}
