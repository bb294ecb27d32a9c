{#- At the end of a build of the whole CDM: makes the foreign keys that are missing, whatever run before this one left
    them so. A build of a part leaves them away, since its tables need not fit the others. -#}
{% macro make_foreign_keys(results) -%}
    {%- if execute and flags.WHICH in ('run', 'build') and not flags.EMPTY -%}
        {{ return(adapter.dispatch('make_foreign_keys', 'synthea_omop')(results)) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__make_foreign_keys(results) -%}
    {{ exceptions.raise_compiler_error("no implementation of make_foreign_keys() for " ~ target.type) }}
{%- endmacro %}

{% macro duckdb__make_foreign_keys(results) -%}
{%- endmacro %}

{#- Plain keys: `not valid` and `validate` check with the same scan, and nobody else writes meanwhile. One that is not
    strict and does not hold is left away with a warning; a strict one ends the build before its changes count as
    done. -#}
{% macro postgres__make_foreign_keys(results) -%}
    {%- set built = results | selectattr('status', 'equalto', 'success') | map(attribute='node.name') | list
        + standing_nodes() -%}
    {%- set keys = cdm_foreign_keys() -%}
    {%- if keys | map(attribute='model') | reject('in', built) | list -%}
        {{ return('') }}
    {%- endif -%}
    {%- set present = foreign_keys_present() -%}
    {%- set strict = [] -%}
    {%- set others = [] -%}
    {%- for key in keys if key.child ~ '.' ~ key.name not in present -%}
        {%- set statement -%}
            alter table {{ key.child }}
                drop constraint if exists {{ key.name }},
                add constraint {{ key.name }}
                    foreign key ({{ key.column }}) references {{ key.parent }} ({{ key.parent_column }});
        {%- endset -%}
        {%- if key.is_strict -%}
            {%- do strict.append(statement) -%}
        {%- else -%}
            {%- do others.append(
                "do $$ begin " ~ statement ~ " exception when foreign_key_violation then null; end $$;"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if others -%}
        {%- do run_query(others | join('\n')) -%}
        {%- set present = foreign_keys_present() -%}
        {%- for key in keys if not key.is_strict and key.child ~ '.' ~ key.name not in present -%}
            {%- do exceptions.warn(
                "No foreign key on " ~ key.model ~ "." ~ key.column ~ ": it holds what " ~ key.parent_model ~ " lacks."
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(strict | join('\n')) }}
{%- endmacro %}

{% macro spark__make_foreign_keys(results) -%}
{%- endmacro %}
