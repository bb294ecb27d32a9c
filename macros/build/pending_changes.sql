{#- How much there is to build, as {is_small}, and a line of it for whoever watches. Small is what
    changes at most the share `small_change` of the patients (see DECISIONS.md). -#}
{% macro pending_changes(last) -%}
    {%- set row = run_query("""
        select
            (select count(*) from raw_synthea.patients),
            count(distinct patient_id),
            count(distinct case when change = 'vocabulary' then patient_id end)
        from etl.patient_change
        where change_id > """ ~ last.upto_change_id).rows[0] -%}
    {%- set is_full = flags.FULL_REFRESH or last.is_refresh_pending -%}
    {%- if last.is_refresh_pending and not flags.FULL_REFRESH -%}
        {%- do log("The last full refresh did not come to its end: this build is one.", info=True) -%}
    {%- elif row[2] and not is_full -%}
        {%- do log(
            "The vocabulary is another one: codes are mapped anew, and the rows of all " ~ row[2] ~ " patients are replaced.",
            info=True
        ) -%}
    {%- endif -%}
    {#- Before the first build there are no tables whose keys could stay. -#}
    {{ return({'is_small': not is_full and last.build_id > 0 and row[1] <= var('small_change') * row[0]}) }}
{%- endmacro %}
