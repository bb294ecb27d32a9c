"""The rows of an export into raw_synthea: straight into empty tables, or in place of those that changed."""

from collections.abc import Mapping

from loader.databases.base import Database, quoted
from loader.databases.tables import RAW, Table
from loader.load.changes import KNOWN_PATIENTS, OF_PATIENTS, compare_patients, compare_shared, referring_patients
from loader.load.ledger import Patients
from loader.load.raw_tables import RAW_TABLES

TABLES = {table.name: table for table in RAW}
TEMPORARY = (
    "arrived_patient", "arrived_key", "hash_before", "hash_after", "difference", "changed_patient", "changed_shared",
    "patient_changes",
)


def write_changes(database: Database, batch_id: int, changes: str) -> int:
    """Number the (patient, change) rows of a query in the order of the patients' ids; how many they are."""
    return database.execute(
        f"""insert into etl.patient_change (change_id, batch_id, patient_id, change)
        select
            (select coalesce(max(change_id), 0) from etl.patient_change)
                + row_number() over (order by patient_id),
            ?,
            patient_id,
            change
        from ({changes}) as changes (patient_id, change)
        order by patient_id""",
        (batch_id,),
    )


def changes_of_a_first_load(database: Database, batch_id: int) -> Patients:
    """The ledger's changes when raw_synthea was empty before: on a new database every patient is new.

    After a crash of PostgreSQL has emptied the tables, patients that the ledger knows are back, or they are gone. Those
    that are back count as changed, whatever their lines hash to: organizations, providers and payers may be others now.
    """
    write_changes(
        database, batch_id,
        f"""select came.id, case when known.patient_id is null then 'new' else 'changed' end
        from (select distinct id from raw_synthea.patients) as came
        left join ({KNOWN_PATIENTS}) as known on came.id = known.patient_id
        union all
        select known.patient_id, 'removed'
        from ({KNOWN_PATIENTS}) as known
        where known.patient_id not in (select id from raw_synthea.patients where id is not null)""",
    )
    return _counted(database, batch_id)


def replace_changed(
    database: Database, batch_id: int, arrived: Mapping[str, str], everybody: str | None
) -> tuple[Patients, list[Table]]:
    """Replace what changed by what arrived, inside the transaction; also the tables whose statistics no longer fit.

    `everybody` is the query of the ids of all patients of a snapshot: whoever is not among them is removed.
    """
    _drop_temporary(database)
    compare_patients(database, arrived)
    compare_shared(database, arrived, snapshot=everybody is not None)
    removed = "select cast(null as uuid), 'removed' where false"
    if everybody is not None:
        removed = f"""select distinct id, 'removed' from raw_synthea.patients
            where id not in (select id from ({everybody}) as everybody (id) where id is not null)"""
    database.execute(f"create temp table patient_changes as select * from ({removed}) as gone (patient_id, change)")
    database.execute(
        """insert into patient_changes
        select patient_id, case when known then 'changed' else 'new' end
        from changed_patient
        where (whole or known) and patient_id not in (select patient_id from patient_changes)"""
    )
    # What the lines of these patients hashed to is no longer what is stored.
    database.execute(
        "delete from etl.patient_hash where patient_id in (select patient_id from changed_patient)"
        " or patient_id in (select patient_id from patient_changes)"
    )
    moved = {table: _replace_rows(database, table, arrived) for table in RAW}
    write_changes(
        database, batch_id,
        f"""select patient_id, change from patient_changes
        union all
        select referring.patient_id, 'changed'
        from ({referring_patients(database)}) as referring
        where referring.patient_id in (select id from raw_synthea.patients)
            and referring.patient_id not in (select patient_id from patient_changes)""",
    )
    _drop_temporary(database)
    return _counted(database, batch_id), [table for table, rows in moved.items() if database.is_outgrown(table, rows)]


def _replace_rows(database: Database, table: Table, arrived: Mapping[str, str]) -> int:
    """How many rows were deleted and inserted."""
    target = quoted(table.schema, table.name)
    came = arrived.get(table.name)
    if table.name in OF_PATIENTS:
        key = quoted(RAW_TABLES[table.name].patient_column or "")
        changed = "select patient_id from changed_patient"
        gone = "select patient_id from changed_patient where whole" + (
            f" union select {key} from {came} where {key} in (select patient_id from changed_patient)" if came else ""
        )
        gone += " union select patient_id from patient_changes where change = 'removed'"
    else:
        key = quoted("id")
        gone = changed = f"select id from changed_shared where file = {list(RAW_TABLES).index(table.name)}"
    # Rows without an id belong to nobody: where some came, they are the ones there are.
    nobodys = bool(came) and database.query(f"select exists (select 1 from {came} where {key} is null)")[0][0]
    nobody = f" or {key} is null" if nobodys else ""
    database.moved(table, f"{gone} union {changed}", nobodys)
    rows = database.execute(f"delete from {target} where {key} in ({gone}){nobody}")
    if came:
        names = ", ".join(quoted(column.name) for column in table.columns)
        rows += database.execute(
            f"insert into {target} ({names}) select {names} from {came} where {key} in ({changed}){nobody}"
        )
    return rows


def _counted(database: Database, batch_id: int) -> Patients:
    counts = dict(
        database.query(
            "select change, count(*) from etl.patient_change where batch_id = ? group by change", (batch_id,)
        )
    )
    return Patients(counts.get("new", 0), counts.get("changed", 0), counts.get("removed", 0))


def _drop_temporary(database: Database) -> None:
    for name in TEMPORARY:
        database.execute(f"drop table if exists {name}")
