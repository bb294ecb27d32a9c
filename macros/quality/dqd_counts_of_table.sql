{#- The CTEs that count the checks of one CDM table; what unpivots them, a row a check, is appended to `selects`. -#}
{% macro dqd_counts_of_table(table, checks, present, relations, has_persons, is_vocabulary, selects) -%}
    {%- set columns = present[table] -%}
    {#- Part of the scan -> aggregate -> its name. -#}
    {%- set aggregates = {'rows': {}, 'joined': {}} -%}
    {%- set joins = {} -%}
    {%- set parts = [] -%}
    {%- set listed = [] -%}
    {%- for check in checks if check.field in columns or not check.field -%}
        {%- set own_name = table ~ '_' ~ check.check_name | lower -%}
        {%- set own_query = dqd_query_of_its_own(check, own_name, relations, is_vocabulary) -%}
        {%- set count = dqd_count(check, columns.get(check.field), is_vocabulary) -%}
        {%- set labels = [
            "'" ~ check.check_name ~ "'",
            "'" ~ check.table_name ~ "'",
            "'" ~ check.field_name ~ "'" if check.field else 'cast(null as ' ~ sql_type('text') ~ ')',
        ] -%}
        {%- if own_query | trim and (has_persons or check.check_name != 'measurePersonCompleteness') -%}
            {{ own_query }}
            {%- do parts.append(own_name) -%}
            {%- if check.check_name == 'isPrimaryKey' -%}
                {%- do aggregates.rows.setdefault('count(*)', table ~ '_rows') -%}
            {%- endif -%}
            {%- do listed.append(labels + [
                own_name ~ '_violated',
                table ~ '_rows' if check.check_name == 'isPrimaryKey' else own_name ~ '_rows',
            ]) -%}
        {%- elif count is not none -%}
            {%- set missing = [] -%}
            {%- for parent, column in count.needs | default([]) if column not in present.get(parent, {}) -%}
                {%- do missing.append(column) -%}
            {%- endfor -%}
            {%- if not missing and (has_persons or 'person' not in count.joins | default([])) -%}
                {%- set names = [] -%}
                {%- for aggregate, is_joined in [
                    (count.violated, count.violated_joined), (count.rows, count.rows_joined)
                ] -%}
                    {%- set part = aggregates['joined' if is_joined else 'rows'] -%}
                    {%- if aggregate in ('0', '1') -%}
                        {%- do names.append(aggregate) -%}
                    {%- else -%}
                        {%- do names.append(part.setdefault(
                            aggregate,
                            table ~ '_rows' if aggregate == 'count(*)'
                            else table ~ ('_joined_' if is_joined else '_count_') ~ loop.index ~ '_' ~ part | length
                        )) -%}
                    {%- endif -%}
                {%- endfor -%}
                {%- for join in count.joins | default([]) -%}
                    {%- do joins.update({join: check.parameter if check.check_name == 'isForeignKey'
                        else 'visit_occurrence.visit_occurrence_id'}) -%}
                {%- endfor -%}
                {%- do listed.append(labels + names) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ dqd_scans(table, aggregates, joins, relations, parts, is_vocabulary) }}

    {{ table }}_counted as (
        select listed.*
        from {{ parts | join('\n        cross join ') or 'one_row' }}
        cross join {{ lateral_values(listed, 'listed', {
            'check_name': 'text', 'cdm_table_name': 'text', 'cdm_field_name': 'text',
            'violated_rows': 'bigint', 'denominator_rows': 'bigint',
        }) }}
    ),
    {%- do selects.append('select * from ' ~ table ~ '_counted') -%}
{%- endmacro %}
