{#- The build under way, as start_build() opened it: {full_refresh, is_small}. A full refresh is one that was asked for,
    or one that makes up for a full refresh that broke off. In a small one so few patients changed that PostgreSQL
    keeps its keys and indexes where they are. One of rates alone has no row of its own. -#}
{% macro this_build() -%}
    {%- if builds_rates_only() -%}
        {{ return({'full_refresh': flags.FULL_REFRESH, 'is_small': false}) }}
    {%- endif -%}
    {%- set row = run_query("""
        select full_refresh, is_small from etl.build
        where outcome = 'started' and build_id = (select max(build_id) from etl.build)
    """).rows[0] -%}
    {{ return({'full_refresh': row[0], 'is_small': row[1]}) }}
{%- endmacro %}
