"""The ledger of loads: a row a batch, a row a file. Times are UTC."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from loader.databases.base import Database


@dataclass(frozen=True)
class LoadedFile:
    """What one file gave: its size and fingerprint on disk, its rows, the seconds its copy took."""

    name: str
    bytes: int
    sha256: str
    rows: int
    seconds: float


@dataclass(frozen=True)
class Patients:
    """How many patients a load brought or changed."""

    new: int = 0
    changed: int = 0


def now() -> datetime:
    """The time in UTC, without a zone, as the ledger keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


def start_batch(database: Database, source: str, layout: str) -> int:
    """Write the batch as `running` and return its id. Batches that a killed process left so become `broken`."""
    with database.transaction():
        database.execute("update etl.load_batch set outcome = 'broken' where outcome = 'running'")
        batch_id = database.query("select coalesce(max(batch_id), 0) + 1 from etl.load_batch")[0][0]
        database.execute(
            "insert into etl.load_batch (batch_id, source, layout, started_at, outcome) values (?, ?, ?, ?, 'running')",
            (batch_id, source, layout, now()),
        )
    return batch_id


def finish_batch(database: Database, batch_id: int, files: list[LoadedFile], patients: Patients) -> None:
    """Write the files and the totals, inside the transaction of the load."""
    for file in files:
        database.execute(
            "insert into etl.load_file (batch_id, file_name, bytes, sha256, rows_read, rows_loaded, rows_rejected,"
            " seconds) values (?, ?, ?, ?, ?, ?, 0, ?)",
            (batch_id, file.name, file.bytes, file.sha256, file.rows, file.rows, file.seconds),
        )
    rows = sum(file.rows for file in files)
    database.execute(
        "update etl.load_batch set finished_at = ?, outcome = 'loaded', files = ?, rows_read = ?, rows_loaded = ?,"
        " rows_rejected = 0, patients_new = ?, patients_changed = ?, patients_removed = 0 where batch_id = ?",
        (now(), len(files), rows, rows, patients.new, patients.changed, batch_id),
    )


def fail_batch(database: Database, batch_id: int) -> None:
    """Say that nothing of the batch was kept, after its transaction was rolled back.

    Where the connection is gone the batch stays `running`, and the next load calls it broken.
    """
    with suppress(*database.errors), database.transaction():
        database.execute(
            "update etl.load_batch set finished_at = ?, outcome = 'failed' where batch_id = ?", (now(), batch_id)
        )


def loaded_fingerprints(database: Database, layout: str) -> dict[str, str]:
    """File name to sha256 of the last batch of this layout that was loaded whole."""
    return dict(
        database.query(
            "select file_name, sha256 from etl.load_file where batch_id ="
            " (select max(batch_id) from etl.load_batch where layout = ? and outcome = 'loaded')",
            (layout,),
        )
    )
