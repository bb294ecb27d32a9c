{#- The names of views and seeds that stand in the database as this project makes them, so that this run leaves them
    alone: the loader has compared them with the ledger (loader/standing_nodes.py). None in a build by hand, which
    makes all that it selects. -#}
{% macro standing_nodes() -%}
    {{ return(env_var('SYNTHEA_OMOP_STANDING', '').split()) }}
{%- endmacro %}
