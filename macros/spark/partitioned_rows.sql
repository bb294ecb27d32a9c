{#- The rows of a model's query as its table keeps them: with the bucket of the person, which no model names, and
    brought together by partition, so that each becomes few files. -#}
{% macro partitioned_rows(sql) -%}
    {%- set column = partition_column() -%}
    {%- set rows = get_select_subquery(sql) if (config.get('contract') or {}).enforced else sql -%}
    {%- if column == 'person_bucket' %}
    select /*+ rebalance(person_bucket) */
        model_rows.*,
        {{ person_bucket(config.get('meta', {}).get('person_expression', 'person_id')) }} as person_bucket
    from (
        {{ rows }}
    ) as model_rows
    {%- elif column %}
    select /*+ rebalance({{ column }}) */ *
    from (
        {{ rows }}
    ) as model_rows
    {%- else %}
    {{ rows }}
    {%- endif -%}
{%- endmacro %}
