{#- The lines of new files of one shape (`flattened`, `json`) with their code and terms as numbers. -#}
{% macro numbered_lines(shape) -%}
    {#- What a flattened line has not, and what tells where a line belongs. -#}
    {%- set lines = {'flattened': ref('stg_rates__flattened_rates'), 'json': ref('int_rates__json_lines')} -%}
    {%- set lacking = {'flattened': ['setting', 'severity_of_illness'], 'json': []} -%}
    {%- set places = {'flattened': ['provider_group_id'], 'json': ['item_number', 'element_number']} -%}
    with

    lines as (
        select * from {{ lines[shape] }}
        {{ of_new_files() }}
    ),

    codes as (
        select * from {{ ref('int_rates__codes') }}
        where is_first
    ),

    terms as (
        select * from {{ ref('int_rates__spellings') }}
    )

    select
        lines.file_id,
        codes.code_id,
        terms.term_id,
        {%- for column in places[shape] %}
        lines.{{ column }},
        {%- endfor %}
        lines.negotiated_rate
    from lines
    inner join codes
        on
            lines.file_id = codes.file_id
            and lines.billing_code = codes.code
            and lines.billing_code_type = codes.code_type
            and lines.billing_code_type_version = codes.code_type_version
    inner join terms
        on
            lines.file_id = terms.file_id
            {%- for column in rate_columns('terms') if column not in lacking[shape] %}
            and lines.{{ column }} = terms.{{ column }}
            {%- endfor %}
{%- endmacro %}
