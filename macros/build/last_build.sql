{#- The build to compare with, as {build_id, upto_change_id, checksum}: the last one that consumed its changes, because
    every person-scoped model came to its end in it. Before the first one its id is 0. `is_refresh_pending` says whether
    a full refresh was begun since and did not consume anything. -#}
{% macro last_build() -%}
    {%- set row = run_query("""
        with

        last_build as (
            select * from etl.build
            where outcome in ('done', 'untested', 'failing')
            order by build_id desc
            limit 1
        )

        select
            coalesce(max(build_id), 0),
            coalesce(max(upto_change_id), 0),
            max(checksum),
            (
                select count(*) from etl.build
                where full_refresh and build_id > (select coalesce(max(build_id), 0) from last_build)
            ) > 0
        from last_build
    """).rows[0] -%}
    {{ return({
        'build_id': row[0], 'upto_change_id': row[1], 'checksum': row[2], 'is_refresh_pending': row[3],
    }) }}
{%- endmacro %}
