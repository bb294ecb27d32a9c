{#- Takes away the partitions of buckets that the build replaced and that no row came back for, as when the only person
    of a bucket goes: no new row overwrites those. Their files are older than the change set's. -#}
{% macro drop_emptied_buckets(target_relation) -%}
    {%- set changed = ref('int_changes__persons') -%}
    {%- set emptied = run_query(
        "select distinct person_bucket from " ~ target_relation
        ~ " where person_bucket in (select " ~ person_bucket('person_id') ~ " from " ~ changed ~ ")"
        ~ " and _metadata.file_modification_time < (select max(_metadata.file_modification_time) from " ~ changed ~ ")"
    ).columns[0].values() -%}
    {%- for bucket in emptied -%}
        {%- do empty_partition(target_relation, 'person_bucket', bucket) -%}
    {%- endfor -%}
{%- endmacro %}
