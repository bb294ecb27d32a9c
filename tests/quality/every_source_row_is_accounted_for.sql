-- Per file, the rows read are the rows that went somewhere, each counted once.
{%- set tables = [''] -%}
{%- if execute -%}
    {%- set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') -%}
    {%- set models = models | selectattr('config.schema', 'equalto', 'omop') -%}
    {%- set tables = models | map(attribute='name') | list -%}
{%- endif %}
with

row_accounting as (
    select * from {{ ref('row_accounting') }}
),

totals as (
    select
        file_name,
        max(rows_read) as rows_read,
        sum(source_rows) as source_rows,
        min(source_rows) as least_rows,
        min(further_rows) as least_further_rows,
        -- An outcome that is neither a table nor a reason of the seed.
        count(
            case
                when
                    kind = 'CDM table'
                    and outcome not in (
                        {%- for name in tables %}
                            '{{ name }}'{{ ',' if not loop.last }}
                        {%- endfor %}
                    )
                    then 1
            end
        ) as unnamed_outcomes
    from row_accounting
    group by file_name
),

unaccounted as (
    select
        file_name,
        rows_read,
        source_rows,
        least_rows,
        least_further_rows,
        unnamed_outcomes
    from totals
    where
        rows_read is null
        or rows_read <> source_rows
        or least_rows < 0
        or least_further_rows < 0
        or unnamed_outcomes > 0
)

select * from unaccounted
