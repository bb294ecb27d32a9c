{#- Pre-hook of the model that drops duplicate lines: where a build ran out of memory, the next one (the loader sets
    SYNTHEA_OMOP_IN_STEPS for it) first writes the numbered lines to a table of the session. DuckDB then needs the room of the
    dictionaries and that of the distinct lines one after the other, and takes a half longer. PostgreSQL spills by itself. -#}
{% macro lines_apart() -%}
    {%- if in_steps() -%}
        {%- for shape in ('flattened', 'json') %}
            create or replace temporary table numbered_{{ shape }}_lines as {{ numbered_lines(shape) }};
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
