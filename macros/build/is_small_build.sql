{#- Whether the build under way is a small one: see this_build(). A unit test knows of no build. -#}
{% macro is_small_build() -%}
    {{ return(execute and flags.WHICH in ('run', 'build') and not flags.EMPTY
        and (model is not defined or model.resource_type != 'unit_test') and this_build().is_small) }}
{%- endmacro %}
