{#- Makes the table of a model anew, or empties it and fills it again, in one transaction. For materializations. -#}
{% macro replaced_table(is_emptied) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {%- if is_emptied and not flags.FULL_REFRESH and existing is not none and existing.is_table -%}
        {%- call statement('main') -%}
            truncate table {{ relation }};
            {{ insert_rows(relation, sql) }}
        {%- endcall -%}
        {%- set replaced = none -%}
    {%- else -%}
        {%- set replaced = replace_table(relation, existing, sql) -%}
    {%- endif -%}
    {%- do persist_docs(relation, model) -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {%- if replaced -%}
        {%- do drop_relation_if_exists(replaced) -%}
    {%- endif -%}
    {{ return({'relations': [relation]}) }}
{%- endmacro %}
