{#- The CTEs of quality.source_checks for one Synthea file: everything is counted in one scan of it, and then listed as a
    row a check. `checked` is the file's entry of source_columns(). -#}
{% macro source_checks_of_file(file, checked) -%}
    {%- set references = checked.references | default({}) %}
    {%- set dates = checked.dates | default({}) -%}
    {%- set listed = [[
        'row_count',
        'cast(null as ' ~ sql_type('text') ~ ')',
        'counts.stored_rows',
        'case when counts.stored_rows = 0 then 1 else 0 end' if checked.is_always_filled else '0',
    ]] -%}
    {%- if dates and checked.is_always_filled and file != 'patients' -%}
        {%- do listed.append([
            'freshness',
            'null',
            'case when counts.stored_rows > 0 then 1 else 0 end',
            'case when counts.last_day + 366 < last_encounter.last_day then 1 else 0 end',
        ]) -%}
    {%- endif -%}
    {%- for check_name, columns in {'reference': references, 'impossible_date': dates}.items() -%}
        {%- for column, names in columns.items() -%}
            {%- do listed.append([
                check_name,
                "'" ~ names[0] ~ "'",
                'counts.' ~ column ~ '_filled',
                'counts.' ~ column ~ '_violated',
            ]) -%}
        {%- endfor -%}
    {%- endfor %}

    {{ file }}_counts as (
        select
            count(*) as stored_rows,
            {%- for column, (name, target) in references.items() %}
                count({{ file }}.{{ column }}) as {{ column }}_filled,
                count(
                    case when {{ target }}_known.{{ target[:-1] }}_id is null then {{ file }}.{{ column }} end
                ) as {{ column }}_violated,
            {%- endfor %}
            {%- for column, (name, start) in dates.items() %}
                count({{ file }}.{{ column }}) as {{ column }}_filled,
                count(
                    case
                        when
                            {{ file }}.{{ column }} < {{ file ~ '.' ~ start if start else 'patients_known.born_on' }}
                            or cast({{ file }}.{{ column }} as date) > last_load.loaded_on
                            then 1
                    end
                ) as {{ column }}_violated,
            {%- endfor %}
            max({{ 'cast(' ~ file ~ '.' ~ dates.keys() | first ~ ' as date)' if dates else 'cast(null as date)' }}) as last_day
        from {{ file }}
        cross join last_load
        {%- for column, (name, target) in dict({'patient_id': ['', 'patients']} if file == 'patients' else {}, **references).items() %}
            left join {{ target }}_known
                on {{ file }}.{{ column }} = {{ target }}_known.{{ target[:-1] }}_id
        {%- endfor %}
    ),

    {{ file }}_checks as (
        select
            '{{ file }}.csv' as file_name,
            {{- rows_of_expressions(listed, {
                'check_name': 'text', 'column_name': 'text', 'checked_rows': 'bigint', 'violated_rows': 'bigint',
            }) }}
        from {{ file }}_counts as counts
        cross join last_encounter
    ),
{%- endmacro %}
