{#- The names of views, seeds and tables made once that stand in the database as this project makes them, so that this run leaves them
    alone: the loader has compared them with the ledger (loader/standing_nodes.py). None in a build by hand, which
    makes all that it selects. Where there are some, the project is the one that made all tables. -#}
{% macro standing_nodes() -%}
    {{ return(env_var('SYNTHEA_OMOP_STANDING', '').split()) }}
{%- endmacro %}
