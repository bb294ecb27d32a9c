{#- The filter of a person-scoped import: in an incremental run only the persons of the change set, in a full one all.
    The ref stands outside the condition, because a ref inside is_incremental() is no edge of the graph. -#}
{% macro of_changed_persons(column='person_id') -%}
    {%- set changed = ref('int_changes__persons') -%}
    {%- if is_incremental() -%}
        where {{ column }} in (select {{ column }} from {{ changed }})
    {%- endif -%}
{%- endmacro %}
