-- The condition or allergy that a reason means is the last one of its code that began by the day
-- after, else the first one to begin.
with

reasons as (
    select distinct
        person_id,
        reason_code,
        start_date,
        reason_date
    from {{ ref('int_events__reasons') }}
),

candidates as (
    select distinct
        person_id,
        source_code,
        start_date
    from {{ ref('int_events__mapped') }}
    where source_file in ('conditions', 'allergies')
),

expected as (
    select
        reasons.person_id,
        reasons.reason_code,
        reasons.start_date,
        reasons.reason_date,
        coalesce(
            max(
                case
                    when candidates.start_date <= reasons.start_date + 1 then candidates.start_date
                end
            ),
            min(candidates.start_date)
        ) as expected_date
    from reasons
    left join candidates
        on
            reasons.person_id = candidates.person_id
            and reasons.reason_code = candidates.source_code
    group by
        reasons.person_id, reasons.reason_code, reasons.start_date, reasons.reason_date
),

different as (
    select
        person_id,
        reason_code,
        start_date,
        reason_date,
        expected_date
    from expected
    where
        coalesce(reason_date, date '0001-01-01') <> coalesce(expected_date, date '0001-01-01')
)

select * from different
