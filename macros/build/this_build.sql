{#- The build under way, as start_build() opened it: {full_refresh, is_small}. A full refresh is one that was asked for,
    or one that makes up for a full refresh that broke off. In a small one so few patients changed that PostgreSQL
    keeps its keys and indexes where they are. It is kept in `graph`, which all nodes of one run of dbt share. One of rates
    alone has no row of its own. -#}
{% macro this_build() -%}
    {{ return(graph.get('this_build') or {'full_refresh': flags.FULL_REFRESH, 'is_small': false}) }}
{%- endmacro %}
