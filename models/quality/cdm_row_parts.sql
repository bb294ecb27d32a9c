-- One row per cost or era and CDM row that it is made of.
{{ config(materialized='view') }}
{%- set imports = {
    'costs': 'cost', 'visit_costs': 'cost', 'encounters': 'int_visits__encounters_assigned',
    'prices': 'int_visits__encounters', 'table_domains': 'domain_tables', 'condition_eras': 'condition_era',
    'conditions': 'condition_occurrence', 'drug_eras': 'drug_era', 'exposures': 'drug_exposure',
    'ingredients': 'int_vocabulary__drug_ingredients', 'dose_eras': 'dose_era', 'dosed_exposures': 'drug_exposure',
    'doses': 'int_vocabulary__drug_doses',
} %}
{%- set same_dose = '(dose_eras.dose_value = doses.dose_value
                and dose_eras.unit_concept_id = doses.unit_concept_id
                and dosed_exposures.drug_type_concept_id = ' ~ concept('EHR prescription') ~ ')' %}
with
{%- for name, model in imports.items() %}

    {{ name }} as (
        select * from {{ ref(model) }}
    ),
{%- endfor %}

-- A stay has a cost row for each of its encounters, in their order.
numbered_visit_costs as (
    select
        cost_id,
        cost_id >> 20 as person_id,
        row_number() over (partition by cost_id >> 20 order by cost_id) as cost_no
    from visit_costs
    where cost_domain_id = 'Visit'
),

numbered_encounters as (
    select
        encounters.person_id,
        encounters.visit_detail_id,
        row_number() over (
            partition by encounters.person_id
            order by
                encounters.visit_occurrence_id,
                encounters.started_at,
                encounters.encounter_id nulls last,
                prices.encounter_code {{ bytewise() }} nulls last,
                prices.base_encounter_cost nulls last
        ) as cost_no
    from encounters
    inner join prices
        on
            encounters.person_id = prices.person_id
            and encounters.visit_detail_id = prices.visit_detail_id
),

cdm_row_parts as (
    select
        cast('cost' as {{ sql_type('text') }}) as cdm_table,
        numbered_visit_costs.cost_id as cdm_row_id,
        numbered_visit_costs.person_id,
        cast('visit_detail' as {{ sql_type('text') }}) as part_table,
        numbered_encounters.visit_detail_id as part_id
    from numbered_visit_costs
    inner join numbered_encounters
        on
            numbered_visit_costs.person_id = numbered_encounters.person_id
            and numbered_visit_costs.cost_no = numbered_encounters.cost_no
    union all
    select
        cast('cost' as {{ sql_type('text') }}) as cdm_table,
        costs.cost_id as cdm_row_id,
        costs.cost_id >> 20 as person_id,
        cast(table_domains.cdm_table as {{ sql_type('text') }}) as part_table,
        costs.cost_event_id as part_id
    from costs
    inner join table_domains
        on
            costs.cost_domain_id = table_domains.domain_id
            and table_domains.is_own_table
    union all
    select
        cast('condition_era' as {{ sql_type('text') }}) as cdm_table,
        condition_eras.condition_era_id as cdm_row_id,
        condition_eras.person_id,
        cast('condition_occurrence' as {{ sql_type('text') }}) as part_table,
        conditions.condition_occurrence_id as part_id
    from condition_eras
    inner join conditions
        on
            condition_eras.person_id = conditions.person_id
            and condition_eras.condition_concept_id = conditions.condition_concept_id
            and condition_eras.condition_era_start_date <= conditions.condition_start_date
            and condition_eras.condition_era_end_date >= conditions.condition_start_date
    {%- for era, eras, exposures, contents, condition in [
        ('drug_era', 'drug_eras', 'exposures', 'ingredients', 'true'),
        ('dose_era', 'dose_eras', 'dosed_exposures', 'doses', same_dose),
    ] %}
        union all
        select
            cast('{{ era }}' as {{ sql_type('text') }}) as cdm_table,
            {{ eras }}.{{ era }}_id as cdm_row_id,
            {{ eras }}.person_id,
            cast('drug_exposure' as {{ sql_type('text') }}) as part_table,
            {{ exposures }}.drug_exposure_id as part_id
        from {{ eras }}
        inner join {{ contents }}
            on
                {{ eras }}.drug_concept_id = {{ contents }}.ingredient_concept_id
        inner join {{ exposures }}
            on
                {{ eras }}.person_id = {{ exposures }}.person_id
                and {{ contents }}.drug_concept_id = {{ exposures }}.drug_concept_id
                and {{ eras }}.{{ era }}_start_date <= {{ exposures }}.drug_exposure_start_date
                and {{ eras }}.{{ era }}_end_date >= {{ exposures }}.drug_exposure_start_date
                and {{ condition }}
    {%- endfor %}
)

select * from cdm_row_parts
