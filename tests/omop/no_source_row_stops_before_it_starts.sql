-- Such a row ends where it starts.
{{ config(severity='warn') }}
with

encounters as (
    select * from {{ ref('stg_synthea__encounters') }}
),

conditions as (
    select * from {{ ref('stg_synthea__conditions') }}
),

medications as (
    select * from {{ ref('stg_synthea__medications') }}
),

procedures as (
    select * from {{ ref('stg_synthea__procedures') }}
),

careplans as (
    select * from {{ ref('stg_synthea__careplans') }}
),

devices as (
    select * from {{ ref('stg_synthea__devices') }}
),

backwards as (
    select
        'encounters' as source_file,
        count(*) as source_rows
    from encounters
    where stopped_at < started_at
    union all
    select
        'conditions' as source_file,
        count(*) as source_rows
    from conditions
    where stop_date < start_date
    union all
    select
        'medications' as source_file,
        count(*) as source_rows
    from medications
    where stopped_at < started_at
    union all
    select
        'procedures' as source_file,
        count(*) as source_rows
    from procedures
    where stopped_at < started_at
    union all
    select
        'careplans' as source_file,
        count(*) as source_rows
    from careplans
    where stop_date < start_date
    union all
    select
        'devices' as source_file,
        count(*) as source_rows
    from devices
    where stopped_at < started_at
),

found as (
    select * from backwards
    where source_rows > 0
)

select * from found
