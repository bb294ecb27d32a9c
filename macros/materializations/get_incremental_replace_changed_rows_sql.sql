{#- The incremental strategy `replace_changed_rows`, for tables of the CDM that are computed whole and that foreign keys
    point at: what is gone is deleted, what differs is updated, what is new is inserted, and a row that is the same is
    left alone. So the keys stay on. A table of this kind that still refers to a row that goes is built after this one:
    its reference is taken off until then. After a first build that broke off it may not be there yet. -#}
{% macro get_incremental_replace_changed_rows_sql(arg_dict) -%}
    {%- set target_table = arg_dict['target_relation'] -%}
    {%- set new_rows = arg_dict['temp_relation'] -%}
    {%- set id = cdm_primary_keys()[this.identifier] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='name') | list -%}
    {%- set of_this_kind = graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'model')
        | selectattr('config.incremental_strategy', 'equalto', 'replace_changed_rows')
        | map(attribute='name') | list -%}
    {%- for key in cdm_foreign_keys() if key.parent_model == this.identifier and key.model in of_this_kind
        and adapter.get_relation(this.database, key.child.split('.')[0], key.child.split('.')[1]) is not none %}
    update {{ key.child }} as children set {{ key.column }} = null
    where children.{{ key.column }} is not null
        and not exists (select 1 from {{ new_rows }} as new_rows where new_rows.{{ id }} = children.{{ key.column }});
    {%- endfor %}

    delete from {{ target_table }} as old_rows
    where not exists (select 1 from {{ new_rows }} as new_rows where new_rows.{{ id }} = old_rows.{{ id }});

    update {{ target_table }} as old_rows
    set
        {%- for column in columns if column != id %}
        {{ column }} = new_rows.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ new_rows }} as new_rows
    where old_rows.{{ id }} = new_rows.{{ id }}
        and (
            {%- for column in columns if column != id %}
            {{ 'or ' if not loop.first }}old_rows.{{ column }} is distinct from new_rows.{{ column }}
            {%- endfor %}
        );

    insert into {{ target_table }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }} from {{ new_rows }} as new_rows
    where not exists (select 1 from {{ target_table }} as old_rows where old_rows.{{ id }} = new_rows.{{ id }})
{%- endmacro %}
