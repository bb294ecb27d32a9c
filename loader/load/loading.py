"""The load of one export: all of it or nothing, by patient."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from loader.csv_file import CsvFile, sha256
from loader.databases.base import Database, quoted
from loader.databases.tables import RAW, Table
from loader.load.export import Export
from loader.load.ledger import LoadedFile, Patients, fail_batch, finish_batch, start_batch
from loader.load.raw_tables import RAW_TABLES
from loader.progress import Reporter

TABLES = {table.name: table for table in RAW}


@dataclass(frozen=True)
class LoadResult:
    """What a load did: its batch, files, patients, and the seconds it took in all."""

    batch_id: int
    files: list[LoadedFile]
    patients: Patients
    seconds: float

    def described(self) -> str:
        """Rows, patients and seconds, for a person."""
        rows = sum(file.rows for file in self.files)
        patients = f"{self.patients.new:,} patients new, {self.patients.changed:,} changed"
        return f"{rows:,} rows of {len(self.files)} files, {patients}, in {self.seconds:.1f} s"


def load_export(database: Database, export: Export, reporter: Reporter) -> LoadResult:
    """Load the export by patient: those in it replace their former state, others stay."""
    started = perf_counter()
    for remark in export.remarks:
        reporter.say(remark)
    reporter.say(f"Loading {export.folder} (layout {export.layout}, {len(export.files)} files)")
    fingerprints = fingerprint([file.path for file in export.files.values()])
    batch_id = start_batch(database, str(export.folder), export.layout)
    try:
        with database.transaction():
            if _holds_rows(database):
                files, patients = _replace(database, export, batch_id, fingerprints, reporter)
            else:
                files, patients = _fill(database, export, batch_id, fingerprints, reporter)
            database.execute("delete from raw_synthea.alive")
            database.execute("insert into raw_synthea.alive (batch_id) values (?)", (batch_id,))
            finish_batch(database, batch_id, files, patients)
    except BaseException:
        fail_batch(database, batch_id)
        raise
    return LoadResult(batch_id, files, patients, perf_counter() - started)


def fingerprint(paths: list[Path]) -> dict[Path, str]:
    """The sha256 of each file, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(paths, pool.map(sha256, paths), strict=True))


def copy_files(
    database: Database,
    files: dict[str, CsvFile],
    table_for: Callable[[str], str],
    constants_for: Callable[[CsvFile], dict[str, str | int]],
    fingerprints: dict[Path, str],
    reporter: Reporter,
) -> list[LoadedFile]:
    """Copy files one after the other (DuckDB reads one with all cores), each into `table_for` its name."""
    loaded = []
    for name, file in files.items():
        started = perf_counter()
        size = file.path.stat().st_size
        with reporter.bytes_bar(file.path.name, size) as advance:
            rows = database.copy(file, table_for(name), constants_for(file), advance)
        seconds = perf_counter() - started
        loaded.append(LoadedFile(file.path.name, size, fingerprints[file.path], rows, seconds))
        reporter.say(f"  {file.path.name}: {rows:,} rows in {seconds:.1f} s")
    return loaded


def _holds_rows(database: Database) -> bool:
    probes = (f"exists (select 1 from {quoted(table.schema, table.name)})" for table in RAW)
    return database.query(f"select {' or '.join(probes)}")[0][0]


def _lineage(batch_id: int) -> Callable[[CsvFile], dict[str, str | int]]:
    return lambda file: {"batch_id": batch_id, "file_name": file.path.name}


def _fill(
    database: Database, export: Export, batch_id: int, fingerprints: dict[Path, str], reporter: Reporter
) -> tuple[list[LoadedFile], Patients]:
    """Straight into the empty raw tables: every patient is new."""
    files = copy_files(
        database, export.files, lambda name: quoted("raw_synthea", name), _lineage(batch_id), fingerprints, reporter
    )
    for name in export.files:
        database.finish(TABLES[name])
    new = write_changes(database, batch_id, "select distinct id, 'new' from raw_synthea.patients")
    return files, Patients(new=new)


def _replace(
    database: Database, export: Export, batch_id: int, fingerprints: dict[Path, str], reporter: Reporter
) -> tuple[list[LoadedFile], Patients]:
    """Beside the raw tables first; then the rows of the patients and the shared rows that came again are replaced."""
    arrived = {name: database.create_temporary(f"arrived_{name}", TABLES[name]) for name in export.files}
    files = copy_files(database, export.files, arrived.__getitem__, _lineage(batch_id), fingerprints, reporter)
    # Before anything is replaced. A patient of whom only rows in other files came has changed too.
    rows_of = [
        f"select {quoted(column)} from {arrived[name]}"
        for name in export.files if (column := RAW_TABLES[name].patient_column)
    ]
    write_changes(
        database,
        batch_id,
        f"""select
            patient_id,
            case when exists (select 1 from raw_synthea.patients where id = patient_id) then 'changed' else 'new' end
        from ({' union '.join(rows_of)}) as arrived (patient_id)
        where patient_id in (select id from {arrived['patients']})
            or patient_id in (select id from raw_synthea.patients)""",
    )
    for table in RAW:
        _replace_rows(database, table, arrived)
    counts = dict(
        database.query(
            "select change, count(*) from etl.patient_change where batch_id = ? group by change", (batch_id,)
        )
    )
    return files, Patients(counts.get("new", 0), counts.get("changed", 0))


def _replace_rows(database: Database, table: Table, arrived: dict[str, str]) -> None:
    target = quoted(table.schema, table.name)
    column = RAW_TABLES[table.name].patient_column
    gone = [f"select id from {arrived['patients']}"] if column else []
    if table.name in arrived:
        gone.append(f"select {quoted(column or 'id')} from {arrived[table.name]}")
    if not gone:
        return
    database.execute(f"delete from {target} where {quoted(column or 'id')} in ({' union '.join(gone)})")
    if table.name in arrived:
        names = ", ".join(quoted(column.name) for column in table.columns)
        database.execute(f"insert into {target} ({names}) select {names} from {arrived[table.name]}")
    database.finish(table)


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
