{#- In place of dbt's macro of this name, which lets a quote end the text that it stands in. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set values = [] -%}
        {%- for value in row -%}
            {%- set type = types[agate_table.column_names[loop.index0]] -%}
            {%- set text = value | string | replace('\\', '\\\\') | replace("'", "\\'") -%}
            {%- set literal = 'null' if value is none else "'" ~ text ~ "'" -%}
            {%- do values.append(literal if type == 'text' else 'cast(' ~ literal ~ ' as ' ~ sql_type(type) ~ ')') -%}
        {%- endfor -%}
        {%- do rows.append('(' ~ values | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- set sql = 'insert into ' ~ this ~ ' values\n' ~ rows | join(',\n') -%}
    {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {{ return(sql) }}
{%- endmacro %}
