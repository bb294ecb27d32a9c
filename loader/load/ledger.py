"""The ledger of loads: a row a batch, a row a file. Times are UTC."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from loader import logs
from loader.databases.base import Database


@dataclass(frozen=True)
class LoadedFile:
    """What one file gave: its size and fingerprint on disk, its rows, the seconds its copy took."""

    name: str
    bytes: int
    sha256: str
    rows: int
    seconds: float
    rejected: int = 0


@dataclass(frozen=True)
class Patients:
    """How many patients a load brought, changed or took away."""

    new: int = 0
    changed: int = 0
    removed: int = 0


def call_broken(database: Database) -> None:
    """Batches that a killed process left `running` become `broken`: whoever holds the lock knows that they are dead."""
    if broken := database.execute("update etl.load_batch set outcome = 'broken' where outcome = 'running'"):
        logs.event("batches broken", logging.WARNING, batches=broken)


def start_batch(database: Database, source: str, layout: str) -> int:
    """Write the batch as `running` and return its id."""
    with database.transaction():
        call_broken(database)
        batch_id: int = database.query("select coalesce(max(batch_id), 0) + 1 from etl.load_batch")[0][0]
        database.execute(
            "insert into etl.load_batch (batch_id, source, layout, started_at, outcome) values (?, ?, ?, ?, 'running')",
            (batch_id, source, layout, database.clock()),
        )
    logs.batch_started(batch_id, source, layout)
    return batch_id


def finish_batch(database: Database, batch_id: int, files: Sequence[LoadedFile], patients: Patients) -> None:
    """Write the files and the totals, inside the transaction of the load."""
    for file in files:
        database.execute(
            "insert into etl.load_file (batch_id, file_name, bytes, sha256, rows_read, rows_loaded, rows_rejected,"
            " seconds) values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                batch_id, file.name, file.bytes, file.sha256, file.rows + file.rejected, file.rows, file.rejected,
                file.seconds,
            ),
        )
    rows, rejected = sum(file.rows for file in files), sum(file.rejected for file in files)
    database.execute(
        "update etl.load_batch set finished_at = ?, outcome = 'loaded', files = ?, rows_read = ?, rows_loaded = ?,"
        " rows_rejected = ?, patients_new = ?, patients_changed = ?, patients_removed = ? where batch_id = ?",
        (
            database.clock(), len(files), rows + rejected, rows, rejected,
            patients.new, patients.changed, patients.removed, batch_id,
        ),
    )


def log_loaded(files: Sequence[LoadedFile], patients: Patients, seconds: float) -> float:
    """Tell the log that the batch is committed; the seconds it took."""
    logs.batch_ended(
        "loaded", rows=sum(file.rows for file in files), seconds=seconds, bytes=sum(file.bytes for file in files),
        rejected=sum(file.rejected for file in files), **vars(patients),
    )
    return seconds


def fail_batch(database: Database, batch_id: int) -> None:
    """Say that nothing of the batch was kept, after its transaction was rolled back.

    Where the connection is gone the batch stays `running`, and the next load calls it broken.
    """
    logs.batch_ended("failed")
    with suppress(*database.errors), database.transaction():
        database.execute(
            "update etl.load_batch set finished_at = ?, outcome = 'failed' where batch_id = ?", (database.clock(), batch_id)
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


def batch_of(database: Database, sizes: Mapping[str, int], sha256_of: Callable[[str], str]) -> int | None:
    """The last loaded batch of an export with exactly these files (name to size), nothing rejected.

    The sha256 of a file is asked for where a batch has files of the same names and sizes, not before.
    """
    batches: dict[int, dict[str, tuple[int, str]]] = {}
    for batch_id, name, size, digest in database.query(
        "select batch_id, file_name, bytes, sha256 from etl.load_file where batch_id in ("
        " select batch_id from etl.load_batch"
        " where outcome = 'loaded' and layout <> 'vocabulary' and rows_rejected = 0 and files = ?)",
        (len(sizes),),
    ):
        batches.setdefault(batch_id, {})[name] = (size, digest)
    for batch_id, files in sorted(batches.items(), reverse=True):
        if {name: size for name, (size, _) in files.items()} == sizes and all(
            digest == sha256_of(name) for name, (_, digest) in files.items()
        ):
            return batch_id
    return None


# The outcomes of a build that brought every change into the CDM; only of `done` ones all tests passed.
CONSUMED = "('done', 'untested', 'failing')"


def last_outcome(database: Database) -> str | None:
    """What became of the build that was started last; None before the first one."""
    rows = database.query(
        "select outcome from etl.build where build_id = (select max(build_id) from etl.build)"
        " order by case when outcome = 'started' then 1 else 2 end desc limit 1"
    )
    return rows[0][0] if rows else None


def last_checksum(database: Database) -> str:
    """By which models, seeds and macros the last build was made; of one that consumed its changes, so all rows are.
    Empty before there was one.
    """
    rows = database.query(f"select checksum from etl.build where outcome in {CONSUMED} order by build_id desc limit 1")
    return rows[0][0] or "" if rows else ""


def is_built(database: Database) -> bool:
    """Whether the last build saw everything that is loaded now; how it went, `last_outcome` says."""
    return database.query(
        f"""select coalesce(max(build.upto_change_id), -1) >= (
                select coalesce(max(change_id), 0) from etl.patient_change
            ) and max(build.started_at) >= (
                select coalesce(max(finished_at), max(started_at)) from etl.load_batch where outcome = 'loaded'
            )
        from etl.build as build
        where build.outcome in {CONSUMED} and build.build_id = (select max(build_id) from etl.build)"""
    )[0][0] or False
