{#- An id that is local to its person: the person's number times 2^20 plus an ordinal counted inside the person, so
    neither a sequence nor a sort over all persons is needed and the same rows get the same ids on every engine.
    `order_by` must be a total order over what reaches the CDM; rows that tie must be interchangeable. `within` is
    what the ordinal is counted in, the person unless said. -#}
{% macro person_local_id(order_by, within=none, person='person_id') -%}
    cast(
        {{ person }} * 1048576
        + row_number() over (partition by {{ within or person }} order by {{ order_by }}) as bigint
    )
{%- endmacro %}
