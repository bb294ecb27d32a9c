{#- A primary key that occurs once, lies in its person's range (the person's number times 2^20 plus an ordinal) and
    below 2^53, which is where OHDSI's tools, keeping ids in doubles, lose digits. `person` is the SQL expression of the
    person's number, for a table without that column. -#}
{% test person_local_key(model, column_name, person='person_id') %}
with

keys as (
    select
        {{ column_name }} as id,
        {{ person }} as person_id
    from {{ model }}
)

select
    id,
    count(*) as times
from keys
group by id
having
    count(*) > 1
    or id is null
    or id <= min(person_id) * 1048576
    or id >= (max(person_id) + 1) * 1048576
    or id >= 9007199254740992
{% endtest %}
