{#- Behind a text that is sorted or compared: by its bytes, whatever language the database speaks. -#}
{% macro bytewise() -%}
    {{ return(adapter.dispatch('bytewise', 'synthea_omop')()) }}
{%- endmacro %}

{% macro default__bytewise() -%}
    {{ return('collate "C"') }}
{%- endmacro %}

{#- As Spark compares all texts unless told otherwise. -#}
{% macro spark__bytewise() -%}
    {{ return('') }}
{%- endmacro %}
