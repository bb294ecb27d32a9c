{#- Makes the published table of a model, or makes it anew where the model has other columns by now; of a view a view. -#}
{% macro register_published_table(node, published, is_known) -%}
    {%- set built = api.Relation.create(schema=node.schema, identifier=node.name) -%}
    {%- set warehouse = env_var(
        'SYNTHEA_OMOP_SPARK_WAREHOUSE', env_var('SYNTHEA_OMOP_WAREHOUSE', 'synthea_omop_warehouse')
    ) -%}
    {%- if node.config.materialized == 'view' -%}
        {%- if not is_known -%}
            {%- do run_query('create view ' ~ published ~ ' as select * from ' ~ built) -%}
        {%- endif -%}
    {%- else -%}
        {%- set shapes = [] -%}
        {%- for relation in [published, built] if is_known -%}
            {%- set columns = adapter.get_columns_in_relation(relation) -%}
            {%- do shapes.append((columns | map(attribute='name') | list, columns | map(attribute='dtype') | list)) -%}
        {%- endfor -%}
        {%- if not is_known or shapes[0] != shapes[1] -%}
            {#- The files are not the table's, and stay. -#}
            {%- do run_query('drop table if exists ' ~ published) -%}
            {%- do run_query(
                'create table ' ~ published ~ ' like ' ~ built ~ " using parquet location '" ~ warehouse
                ~ '/published/current/' ~ node.schema ~ '/' ~ node.name ~ "'"
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
