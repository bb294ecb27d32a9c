"""What is new in the rows that arrived, by content: which patients, and which organizations, providers and payers.

All of it is SQL over temporary tables of the load's transaction; both sides are hashed there and then, so no hash
outlives the version of the engine that made it.
"""

from collections.abc import Mapping

from loader.databases.base import Database, quoted
from loader.load.raw_tables import RAW_TABLES
from loader.load.shared import SHARED_COUNTERS, SHARED_REFERENCES

OF_PATIENTS = tuple(name for name, raw in RAW_TABLES.items() if raw.patient_column)
SHARED = tuple(name for name, raw in RAW_TABLES.items() if not raw.patient_column)
# Counters of a whole run: the same rows get others whenever somebody else's rows change.
RUN_COUNTERS = ("id", "chargeid", "transferoutid")
COUNTED = "claims_transactions"

# The last change of each patient that the ledger knows; the removed ones are known no more.
KNOWN_PATIENTS = """
    select patient_id from (
        select patient_id, change, row_number() over (partition by patient_id order by change_id desc) as age
        from etl.patient_change
    ) as changes
    where age = 1 and change <> 'removed'"""


def compare_patients(database: Database, arrived: Mapping[str, str]) -> None:
    """Make `changed_patient` (patient_id, whole, known): whose rows have to be replaced.

    `whole` patients came with their own row and are replaced in every file; of others (a row of theirs came in some
    file) only the files that they came in. `known` ones have a row in raw_synthea.patients.
    """
    database.execute(
        f"create temp table arrived_patient as select distinct id as patient_id from {arrived['patients']}"
        " where id is not null"
    )
    database.execute(f"create temp table arrived_key as {_keys(arrived)}")
    database.analyze("arrived_key")
    for side, tables, scope in (
        ("before", {name: quoted("raw_synthea", name) for name in OF_PATIENTS}, "arrived_key"),
        ("after", arrived, ""),
    ):
        database.execute(f"create temp table hash_{side} as {_hashes(database, tables, scope)}")
    database.execute(
        """create temp table difference as
        select hash_after.file as file_after, coalesce(hash_after.file, hash_before.file) as file,
            coalesce(hash_after.patient_id, hash_before.patient_id) as patient_id
        from hash_after
        full join hash_before
            on hash_after.file = hash_before.file and hash_after.patient_id = hash_before.patient_id
        where hash_after.hash is distinct from hash_before.hash"""
    )
    # What is gone from a file says something about those only who came as a whole.
    database.execute(
        "delete from difference where file_after is null"
        " and patient_id not in (select patient_id from arrived_patient)"
    )
    if COUNTED in arrived:
        _forget_moved_counters(database, arrived[COUNTED])
    database.execute(
        """create temp table changed_patient as
        select patient_id, patient_id in (select patient_id from arrived_patient) as whole,
            patient_id in (select id from raw_synthea.patients) as known
        from (select distinct patient_id from difference) as different"""
    )
    database.analyze("changed_patient")


def compare_shared(database: Database, arrived: Mapping[str, str], snapshot: bool) -> None:
    """Make `changed_shared` (file, id, stored): ids of which a column changed; `stored` if the CDM has that column.

    Only a snapshot says that ids which did not come are gone.
    """
    database.execute("create temp table changed_shared (file integer, id uuid, stored boolean)")
    for name in SHARED:
        if name not in arrived:
            continue
        before = f"({_shared_hashes(database, name, quoted('raw_synthea', name))}) as before_load"
        after = f"({_shared_hashes(database, name, arrived[name])}) as after_load"
        database.execute(
            f"""insert into changed_shared
            select {_number(name)}, coalesce(after_load.id, before_load.id),
                after_load.stored is distinct from before_load.stored
            from {after}
            {"full" if snapshot else "left"} join {before} on after_load.id = before_load.id
            where after_load.everything is distinct from before_load.everything"""
        )


def referring_patients(database: Database) -> str:
    """The query of the patients with a row that refers to a shared row of which the CDM stores a changed column."""
    files = {_number(name): name for name in SHARED}
    changed = {files[file] for (file,) in database.query("select distinct file from changed_shared where stored")}
    parts = [
        f"""select distinct {quoted(RAW_TABLES[name].patient_column or "")} as patient_id from {quoted("raw_synthea", name)}
        where {quoted(column)} in (select id from changed_shared where stored and file = {_number(shared)})"""
        for shared in sorted(changed) for name, column in SHARED_REFERENCES[shared]
    ]
    return " union ".join(parts) or "select cast(null as uuid) as patient_id where false"


def _number(name: str) -> int:
    return list(RAW_TABLES).index(name)


def _keys(tables: Mapping[str, str]) -> str:
    return " union ".join(
        f"select {quoted(RAW_TABLES[name].patient_column or '')} as patient_id from {table}"
        for name, table in tables.items() if name in OF_PATIENTS
    )


def _hashes(database: Database, tables: Mapping[str, str], scope: str) -> str:
    """(file, patient_id, hash): the sum over the patient's rows, so their order says nothing."""
    parts = []
    for name, table in tables.items():
        if name in OF_PATIENTS:
            key = quoted(RAW_TABLES[name].patient_column or "")
            columns = [quoted(column.name) for column in RAW_TABLES[name].columns]
            parts.append(
                f"select {_number(name)} as file, {key} as patient_id,"
                f" sum({database.row_hash(columns, _number(name))}) as hash from {table}"
                + (f" where {key} in (select patient_id from {scope})" if scope else "")
                + f" group by {key}"
            )
    return " union all ".join(parts)


def _forget_moved_counters(database: Database, arrived: str) -> None:
    """Transactions that differ in nothing but run-wide counters are the same, if their order in the claim is."""
    kept = [column.name for column in RAW_TABLES[COUNTED].columns if column.name not in RUN_COUNTERS]
    row_hash = database.row_hash([*map(quoted, kept), "position"], 0)
    sides = [
        f"""select patientid, sum({row_hash}) as hash from (
            select *, rank() over (partition by patientid, claimid order by chargeid) as position
            from {table} where patientid in (select patient_id from difference where file = {_number(COUNTED)})
        ) as ranked group by patientid"""
        for table in (arrived, quoted("raw_synthea", COUNTED))
    ]
    database.execute(
        f"""delete from difference where file = {_number(COUNTED)} and patient_id in (
            select after_load.patientid from ({sides[0]}) as after_load
            inner join ({sides[1]}) as before_load on after_load.patientid = before_load.patientid
            where after_load.hash = before_load.hash)"""
    )


def _shared_hashes(database: Database, name: str, table: str) -> str:
    """(id, everything, stored): of an id with several contents every column counts, as a counter chooses among them."""
    columns = [column.name for column in RAW_TABLES[name].columns]
    whole = database.row_hash([quoted(column) for column in columns], 0)
    stored = database.row_hash([quoted(column) for column in columns if column not in SHARED_COUNTERS[name]], 0)
    return f"""select id, sum({whole}) as everything,
        case when min({stored}) = max({stored}) then min({stored}) else sum({whole}) end as stored
        from {table} group by id"""
