-- Each id of a key table and each key of the source is there once, and none is missing. The number
-- of a person times 2^20 stays below 2^53, up to which a double is exact, and so do the other ids.
{%- set key_tables = {
    'int_keys__persons': ('person_id', 'patient_id', 8589934591),
    'int_keys__locations': ('location_id', 'location_key', 9007199254740991),
    'int_keys__care_sites': ('care_site_id', 'organization_id', 9007199254740991),
    'int_keys__providers': ('provider_id', 'provider_uuid', 9007199254740991),
} %}
with

keys as (
    {%- for table, (id, source_key, highest) in key_tables.items() %}
        select
            '{{ table }}' as key_table,
            {{ id }} as id,
            cast({{ source_key }} as {{ sql_type('text') }}) as source_key,
            {{ highest }} as highest
        from {{ ref(table) }}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
),

faulty as (
    select
        key_table,
        'missing or out of range' as fault,
        id,
        source_key
    from keys
    where
        id is null
        or source_key is null
        or id < 1
        or id > highest
    union all
    select
        key_table,
        'an id of several keys' as fault,
        id,
        max(source_key) as source_key
    from keys
    group by key_table, id
    having count(*) > 1
    union all
    select
        key_table,
        'a key with several ids' as fault,
        max(id) as id,
        source_key
    from keys
    group by key_table, source_key
    having count(*) > 1
)

select * from faulty
