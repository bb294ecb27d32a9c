{#- The filter of a person-scoped import: in an incremental run only the persons of the change set, in a full one all.
    The condition is made in either, because a ref inside is_incremental() is no edge of the graph. -#}
{% macro of_changed_persons(column='person_id') -%}
    {%- set condition = in_changed_persons(column, column) -%}
    {%- if is_incremental() -%}
        where {{ condition }}
    {%- endif -%}
{%- endmacro %}
