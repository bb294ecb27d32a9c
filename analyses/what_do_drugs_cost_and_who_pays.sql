-- What do drugs cost, and who pays?
-- One row per drug.
with

costs as (
    select * from {{ ref('cost') }}
),

drugs as (
    select * from {{ ref('drug_exposure') }}
),

concepts as (
    select * from {{ ref('concept') }}
)

select
    concepts.concept_name as drug,
    count(*) as exposures,
    sum(costs.total_charge) as charged,
    sum(costs.paid_by_payer) as paid_by_payers,
    sum(costs.paid_by_patient) as paid_by_patients
from costs
inner join drugs on costs.cost_event_id = drugs.drug_exposure_id and costs.cost_domain_id = 'Drug'
inner join concepts on drugs.drug_concept_id = concepts.concept_id
group by concepts.concept_name
order by charged desc nulls last, drug
