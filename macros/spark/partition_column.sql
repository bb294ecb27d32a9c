{#- The column that a table is partitioned by, as whatever replaces its rows wants it: persons by their bucket, lines by
    their file; none for the others. -#}
{% macro partition_column() -%}
    {%- if config.get('materialized') == 'incremental' -%}
        {{ return({'replace_persons': 'person_bucket', 'replace_files': 'file_id'}.get(
            config.get('incremental_strategy')
        )) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}
