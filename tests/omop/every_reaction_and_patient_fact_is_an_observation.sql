-- Per person, as many observations as reactions of allergies, marital statuses and places of birth.
with

patients as (
    select * from {{ ref('int_people__patients') }}
),

allergies as (
    select * from {{ ref('stg_synthea__allergies') }}
),

observations as (
    select * from {{ ref('observation') }}
),

source_counts as (
    select
        patients.person_id,
        sum(
            case when allergies.first_reaction_code is not null then 1 else 0 end
            + case when allergies.second_reaction_code is not null then 1 else 0 end
        ) as reactions,
        max(case when trim(patients.marital_status) <> '' then 1 else 0 end) as marital_statuses,
        max(case when trim(patients.birthplace) <> '' then 1 else 0 end) as birthplaces
    from patients
    left join allergies on patients.patient_id = allergies.patient_id
    group by patients.person_id
),

observation_counts as (
    select
        person_id,
        count(case when observation_event_id is not null then 1 end) as reactions,
        count(case when observation_source_value = 'MARITAL' then 1 end) as marital_statuses,
        count(case when observation_source_value = 'BIRTHPLACE' then 1 end) as birthplaces
    from observations
    group by person_id
),

different as (
    select
        source_counts.person_id,
        source_counts.reactions,
        observation_counts.reactions as reactions_found,
        source_counts.marital_statuses,
        observation_counts.marital_statuses as marital_statuses_found,
        source_counts.birthplaces,
        observation_counts.birthplaces as birthplaces_found
    from source_counts
    left join observation_counts on source_counts.person_id = observation_counts.person_id
    where
        source_counts.reactions <> coalesce(observation_counts.reactions, 0)
        or source_counts.marital_statuses <> coalesce(observation_counts.marital_statuses, 0)
        or source_counts.birthplaces <> coalesce(observation_counts.birthplaces, 0)
)

select * from different
