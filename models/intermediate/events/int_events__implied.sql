-- One row per reason, reaction or patient fact that the CDM has a row for and the source has none.
with

implied as (
    {{ union_of_events([
        'int_events__reason_rows',
        'int_events__reactions',
        'int_events__patient_facts',
    ]) }}
)

select * from implied
