{#- Materialization of a table that the source has nothing for: it is made where it is missing and then left alone, by a
    full refresh too. So it costs no time, and rows that somebody else writes into it stay. -#}
{% materialization made_once, default %}
    {%- set relation = this.incorporate(type='table') -%}
    {%- if load_cached_relation(this) is none -%}
        {%- call statement('main') -%}
            {{ get_create_table_as_sql(False, relation, sql) }}
        {%- endcall -%}
        {{ run_hooks(post_hooks, inside_transaction=True) }}
        {%- do persist_docs(relation, model) -%}
        {{ adapter.commit() }}
    {%- else -%}
        {%- do store_raw_result(name='main', message='there already', code='there already', rows_affected='0') -%}
    {%- endif -%}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}
