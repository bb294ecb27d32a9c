{#- How the checks of one CDM table are counted, as {rows, joined, stated}: each a list of [check, column, violating rows,
    possible rows], the first two as aggregates of a scan of the table alone and of one joined to `parents` ({column:
    [table, its key]}), the last as numbers that need no scan. What a list does not count of a check is 0 in it. `cdm` is
    that of dqd_checks_present(). -#}
{% macro dqd_scans(table, cdm, is_vocabulary) -%}
    {%- set scans = {'rows': [], 'joined': [], 'stated': [], 'parents': {}} -%}
    {%- for check in cdm.checks[table] -%}
        {%- set counts = dqd_count(check, cdm.present, is_vocabulary) -%}
        {%- set label = ["'" ~ check.check_name ~ "'", "'" ~ check.field_name ~ "'" if check.field else 'null'] -%}
        {%- if counts is none -%}
        {%- elif check.check_name in ('cdmTable', 'cdmField') -%}
            {%- do scans.stated.append(label + counts) -%}
        {%- elif table not in cdm.filled -%}
            {%- do scans.stated.append(label + ['0', '0']) -%}
        {%- else -%}
            {%- set is_joined = [] -%}
            {%- for count in counts -%}
                {%- do is_joined.append('person_facts' in count or 'referred_' in count) -%}
            {%- endfor -%}
            {%- if not is_joined[1] or not is_joined[0] -%}
                {%- do scans.rows.append(label + [
                    '0' if is_joined[0] else counts[0], '0' if is_joined[1] else counts[1],
                ]) -%}
            {%- endif -%}
            {%- if is_joined[0] or is_joined[1] -%}
                {%- do scans.joined.append(label + [
                    counts[0] if is_joined[0] else '0', counts[1] if is_joined[1] else '0',
                ]) -%}
            {%- endif -%}
            {%- if 'referred_' in counts | join -%}
                {%- do scans.parents.update(
                    {'visit_occurrence_id': ['visit_occurrence', 'visit_occurrence_id']}
                    if check.check_name == 'withinVisitDates' else {check.field: check.parameter.split('.')}
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(scans) }}
{%- endmacro %}
