{#- The partition that the rows of a person lie in on Spark, from an expression of the person's number. How many there
    are was fixed by the first load. -#}
{% macro person_bucket(person) -%}
    {%- set buckets = env_var('SYNTHEA_OMOP_SPARK_BUCKETS', '')
        or (run_query('select buckets from etl.person_buckets').rows[0][0] if execute else 1) -%}
    cast(pmod({{ person }}, {{ buckets | int }}) as int)
{%- endmacro %}
