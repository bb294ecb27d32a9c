{#- The codes in a text that is a list in any spelling (JSON, Python's, or parted by blanks, commas, semicolons or bars):
    each once, sorted by code point, joined by `|`; empty for no codes. -#}
{% macro sorted_codes(text) -%}
    {{ return(adapter.dispatch('sorted_codes', 'synthea_omop')(text)) }}
{%- endmacro %}

{% macro default__sorted_codes(text) -%}
    {{ exceptions.raise_compiler_error("no implementation of sorted_codes() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__sorted_codes(text) -%}
    array_to_string(
        list_sort(list_distinct(list_filter(
            string_split_regex(translate({{ text }}, '[]{}()"''', '        '), '[;,|\s]+'),
            lambda code: code <> ''
        ))),
        '|'
    )
{%- endmacro %}

{% macro postgres__sorted_codes(text) -%}
    coalesce(
        (
            select string_agg(distinct code collate "C", '|' order by code collate "C")
            from regexp_split_to_table(translate({{ text }}, '[]{}()"''', '        '), '[;,|\s]+') as code
            where code <> ''
        ),
        ''
    )
{%- endmacro %}

{% macro spark__sorted_codes(text) -%}
    array_join(
        array_sort(array_distinct(filter(
            split(translate({{ text }}, '[]{}()"''', '        '), '[;,|\\s]+'),
            code -> code <> ''
        ))),
        '|'
    )
{%- endmacro %}
