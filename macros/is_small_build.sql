{#- Whether the build under way is a small one: see this_build(). -#}
{% macro is_small_build() -%}
    {{ return(execute and flags.WHICH in ('run', 'build') and not flags.EMPTY and this_build().is_small) }}
{%- endmacro %}
