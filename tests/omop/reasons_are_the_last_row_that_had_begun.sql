-- No condition or allergy with the code of a reason began after the one that was chosen and by the
-- day after the event; one that began later was chosen only where none had begun.
with

reasons as (
    select * from {{ ref('int_events__reasons') }}
    where reason_id is not null
),

chosen as (
    select * from {{ ref('int_events__mapped') }}
    where source_file in ('conditions', 'allergies')
),

others as (
    select * from {{ ref('int_events__mapped') }}
    where source_file in ('conditions', 'allergies')
),

nearer as (
    select
        reasons.cdm_table,
        reasons.event_id,
        reasons.start_date,
        chosen.start_date as chosen_date,
        others.start_date as nearer_date
    from reasons
    inner join chosen
        on
            reasons.person_id = chosen.person_id
            and reasons.reason_table = chosen.cdm_table
            and reasons.reason_id = chosen.event_id
    inner join others
        on
            reasons.person_id = others.person_id
            and reasons.reason_code = others.source_code
    where
        case
            when chosen.start_date <= reasons.start_date + 1
                then
                    others.start_date > chosen.start_date
                    and others.start_date <= reasons.start_date + 1
            else others.start_date < chosen.start_date
        end
)

select * from nearer
