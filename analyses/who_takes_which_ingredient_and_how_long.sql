-- Who takes which ingredient, and for how long?
-- One row per ingredient.
with

eras as (
    select * from {{ ref('drug_era') }}
),

concepts as (
    select * from {{ ref('concept') }}
),

spells as (
    select
        drug_concept_id,
        person_id,
        drug_exposure_count,
        {{ days_between('drug_era_start_date', 'drug_era_end_date') }} + 1 as days
    from eras
)

select
    concepts.concept_name as ingredient,
    count(distinct spells.person_id) as persons,
    count(*) as eras,
    cast(sum(spells.drug_exposure_count) as bigint) as exposures,
    cast(sum(spells.days) as bigint) as days,
    percentile_cont(0.5) within group (order by spells.days) as median_days
from spells
inner join concepts on spells.drug_concept_id = concepts.concept_id
group by concepts.concept_name
order by persons desc, days desc, ingredient
