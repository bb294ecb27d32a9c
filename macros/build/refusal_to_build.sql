{#- Why a build must not start now, in a sentence; an empty text when it may. Refused are a database that the loader has
    not prepared, one that a load is at work in, one whose raw tables hold no data although something was loaded (a
    crash of PostgreSQL empties them, and a killed first load leaves rows without the sentinel), and one of which
    patients that did not change would keep rows that another state of the project made. -#}
{% macro refusal_to_build(last) -%}
    {%- set refusal = run_query("""
        select case
            when exists (select 1 from etl.load_batch where outcome = 'running')
                then 'A load is under way or was killed: wait for it, or load again (synthea-omop load DIR), then build.'
            when not exists (select 1 from raw_synthea.alive) and exists (
                select 1 from etl.load_batch where layout <> 'vocabulary' and outcome in ('loaded', 'broken')
            )
                then 'The raw tables hold no data (the server crashed, or a load was killed): load the exports again,'
                    || ' which synthea-omop status names, and build then.'
        end
    """).columns[0].values()[0] -%}
    {%- if refusal or not last.build_id or flags.FULL_REFRESH or last.is_refresh_pending -%}
        {{ return(refusal or '') }}
    {%- endif -%}
    {%- set kept = (last.checksum or '').split(', ') -%}
    {%- set changed = [] -%}
    {%- for part in project_checksum().split(', ') if part not in kept and not part.startswith('project ') -%}
        {%- do changed.append(part.split(' ')[0]) -%}
    {%- endfor -%}
    {#- A selection that replaces no rows of persons mixes nothing. A retry knows of no selection. -#}
    {%- set selected = person_scoped_models() | map(attribute='unique_id') | select('in', selected_resources) | list -%}
    {%- if changed and (selected or not selected_resources) -%}
        {{ return(
            "The project's " ~ changed | join(' and ') ~ " changed since the CDM was built, and a build would replace the"
            ~ " rows of changed patients only. Build all of it once: synthea-omop run DIR --full-refresh, or dbt build"
            ~ " --full-refresh. The ids stay."
        ) }}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}
