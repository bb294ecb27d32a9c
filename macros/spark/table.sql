{#- In place of dbt-spark's materialization of this name, which drops a table before it makes the new one. -#}
{% materialization table, adapter='spark' -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {%- do replace_table(target_relation, load_cached_relation(this), compiled_code) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
