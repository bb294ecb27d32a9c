-- Per patient, the total cost is the price of all encounters, procedures, immunizations and
-- medications, and each of these rows is one cost. Encounter rows that are alike in every column
-- are one.
with

patients as (
    select * from {{ ref('int_people__patients') }}
),

encounters as (
    select distinct * from {{ ref('stg_synthea__encounters') }}
),

procedures as (
    select * from {{ ref('stg_synthea__procedures') }}
),

immunizations as (
    select * from {{ ref('stg_synthea__immunizations') }}
),

medications as (
    select * from {{ ref('stg_synthea__medications') }}
),

costs as (
    select * from {{ ref('cost') }}
),

prices as (
    select
        patient_id,
        base_encounter_cost as price
    from encounters
    union all
    select
        patient_id,
        base_cost as price
    from procedures
    union all
    select
        patient_id,
        base_cost as price
    from immunizations
    union all
    select
        patient_id,
        total_cost as price
    from medications
),

source_sums as (
    select
        patients.person_id,
        count(*) as source_rows,
        sum(coalesce(prices.price, 0)) as price
    from prices
    inner join patients on prices.patient_id = patients.patient_id
    group by patients.person_id
),

cost_sums as (
    select
        cost_id >> 20 as person_id,
        count(*) as cost_rows,
        sum(coalesce(total_cost, 0)) as total_cost
    from costs
    group by cost_id >> 20
),

different as (
    select
        coalesce(source_sums.person_id, cost_sums.person_id) as person_id,
        source_sums.source_rows,
        cost_sums.cost_rows,
        source_sums.price,
        cost_sums.total_cost
    from source_sums
    full outer join cost_sums on source_sums.person_id = cost_sums.person_id
    where
        source_sums.person_id is null
        or cost_sums.person_id is null
        or source_sums.source_rows <> cost_sums.cost_rows
        or source_sums.price <> cost_sums.total_cost
)

select * from different
