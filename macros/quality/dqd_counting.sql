{#- The query of how checks at table and field level are counted in the rows of their table, called `checked`: a row a check
    with its table, column and name, the aggregates of its violating rows and of its possible rows, the columns that these
    read besides its own, with blanks between, and its label <check>.<table>.<column>. Of most types the possible rows are all of the table, or all with a value,
    and need no aggregate (see dqd_counts). `person_facts` and `referred_<column>` are joined. -#}
{% macro dqd_counting(tables, is_vocabulary) -%}
    {%- set person_read = '{lower_table}.person_id person.person_id death.death_date' -%}
    {%- set after_death = 'count(case when cast(checked.{field} as date) > person_facts.death_date + 60 then 1 end)' -%}
    {%- set shapes = {
        "check_name = 'measureValueCompleteness'": ['count(*) - count(checked.{field})', 'count(*)'],
        "check_name = 'isPrimaryKey'": ['key'],
        "check_name = 'cdmDatatype'": [
            "count(case when cast(checked.{field} as " ~ sql_type('text') ~ ") = ''"
            " or translate(cast(checked.{field} as " ~ sql_type('text') ~ "), '-0123456789', '') <> '' then 1 end)",
        ],
        "check_name = 'isForeignKey' and parameter = 'person.person_id'": [
            'count(case when checked.{field} is not null and person_facts.person_id is null then 1 end)', '', person_read,
        ],
        "check_name = 'isForeignKey'" ~ ('' if is_vocabulary else " and parameter <> 'concept.concept_id'"): [
            'count(case when checked.{field} is not null and referred_{field}.{parent_field} is null then 1 end)', '',
            '{parameter}',
        ],
        "check_name = 'plausibleValueLow'": ['count(case when {value} < {bound} then 1 end)'],
        "check_name = 'plausibleValueHigh'": ['count(case when {value} > {bound} then 1 end)'],
        "check_name = 'plausibleTemporalAfter' and parameter = 'person.birth_datetime'": [
            'count(case when person_facts.birth_date_or_june > cast(checked.{field} as date) then 1 end)', '', person_read,
        ],
        "check_name = 'plausibleTemporalAfter'": [
            'count(case when cast(checked.{parent_field} as date) > cast(checked.{field} as date) then 1 end)', '', '{parameter}',
        ],
        "check_name = 'plausibleAfterBirth'": [
            'count(case when cast(checked.{field} as date) < person_facts.birth_date then 1 end)', '', person_read,
        ],
        "check_name = 'plausibleDuringLife'": [after_death, 'count(person_facts.death_date)', person_read],
        "check_name = 'plausibleBeforeDeath'": [
            after_death, 'count(case when checked.{field} is not null then person_facts.death_date end)', person_read,
        ],
        "check_name = 'withinVisitDates'": [
            'count(case when checked.{field} < referred_visit_occurrence_id.visit_start_date - 7'
            ' or checked.{field} > referred_visit_occurrence_id.visit_end_date + 7 then 1 end)',
            'count(referred_visit_occurrence_id.visit_occurrence_id)',
            '{lower_table}.visit_occurrence_id visit_occurrence.visit_occurrence_id visit_occurrence.visit_start_date'
            ' visit_occurrence.visit_end_date',
        ],
        "check_name = 'plausibleStartBeforeEnd'": [
            'count(case when cast(checked.{field} as date) > cast(checked.{parameter} as date) then 1 end)',
            'count(case when checked.{parameter} is not null then checked.{field} end)',
            '{lower_table}.{parameter}',
        ],
    } -%}
    with shapes as (
        select
            *,
            {%- for place in range(3) %}
            case
                {%- for condition, shape in shapes.items() if shape[place] %}
                when {{ condition }} then '{{ shape[place] | replace("'", "''") }}'
                {%- endfor %}
            end as {{ ['violated', 'possible', 'columns_read'][place] }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ ref('dqd_checks') }}
        where concept_id is null and lower(cdm_table_name) in ('{{ tables | join("', '") }}')
    )

    select
        lower(cdm_table_name) as counted_table,
        lower(cdm_field_name) as counted_column,
        check_name,
        {{ dqd_filled_in('violated') }} as violated,
        {{ dqd_filled_in('possible') }} as possible,
        replace({{ dqd_filled_in('columns_read') }}, '{lower_table}', lower(cdm_table_name)) as columns_read,
        check_name || '.' || cdm_table_name || '.' || cdm_field_name as label
    from shapes
    where violated is not null
    order by 1, 2, 3
{%- endmacro %}
