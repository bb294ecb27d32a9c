"""Switches of the load: how rows get into a table."""

import csv
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter

from psycopg2.extras import execute_values

from bench.ablations.ground import Ground
from bench.ablations.switches import Switch
from bench.measure import measured
from loader.csv_file import CsvFile
from loader.databases.base import Database, quoted
from loader.databases.pool import connect, worker_sessions
from loader.databases.ranges import Span, cut
from loader.databases.session import PostgresSession
from loader.databases.tables import RAW
from loader.load.export import read_export
from tests.support.commands import synthea_omop_command

TARGET = "ablation_target"
LINEAGE = {"batch_id": 1, "file_name": "ablation"}
ROWS = {"postgres": 50_000, "duckdb": 20_000}
ROWS_A_BATCH = 1000
WORKERS, PARTS_A_WORKER = 2, 4
STREAMED = "claims_transactions"


def loading_switches(ground: Ground, database: Database, environment: Mapping[str, str]) -> Iterator[Switch]:
    """Those that need a database with the loader's tables and nothing in them."""
    yield from _batched(ground, database)
    if isinstance(database, PostgresSession):
        yield _pool(ground, database)
        yield _unlogged(ground, database)
        yield from _streaming(ground, database, environment)


def _file(export: Path, name: str) -> CsvFile:
    return next(file for table, file in read_export(export).files if table == name)


def _emptied(database: Database, name: str, kind: str = "") -> None:
    database.execute(f"drop table if exists {TARGET}")
    if database.name == "postgres":
        database.execute(f"create {kind} table {TARGET} (like raw_synthea.{name} including defaults)")
    else:
        database.execute(f"create table {TARGET} as select * from raw_synthea.{name} where false")


def _batched(ground: Ground, database: Database) -> Iterator[Switch]:
    """COPY, or DuckDB's own reader, against inserts of the same rows."""
    count = ROWS[database.name]
    whole = _file(ground.exports.full, "conditions")
    path = ground.folder / f"{count}.csv"
    with whole.path.open(encoding="utf-8") as rows, path.open("w", encoding="utf-8") as few:
        few.writelines(islice(rows, count + 1))
    with path.open(encoding="utf-8") as rows:
        count = sum(1 for _ in rows) - 1
    file = replace(whole, path=path)
    fields = [column for column in file.columns if column]
    names = ", ".join(quoted(column.name) for column in fields)

    def rows_of_file() -> list[list[str | None]]:
        with path.open(newline="", encoding="utf-8") as lines:
            return [[value or None for value in row] for row in islice(csv.reader(lines), 1, None)]

    def copied() -> float:
        _emptied(database, "conditions", "unlogged")
        started = perf_counter()
        database.copy(file, TARGET, LINEAGE, lambda _: None)
        return perf_counter() - started

    def inserted(insert: Callable[[Sequence[Sequence[str | None]]], None]) -> Callable[[], float]:
        def run() -> float:
            _emptied(database, "conditions", "unlogged")
            started = perf_counter()
            with database.transaction():
                insert(rows_of_file())
            return perf_counter() - started

        return run

    def switch(how: str, insert: Callable[[Sequence[Sequence[str | None]]], None]) -> Switch:
        reader = "COPY" if database.name == "postgres" else "DuckDB's reader"
        return Switch(
            "COPY against batched inserts", database.name, f"{count:,} rows of conditions, {reader} against {how}",
            copied, inserted(insert), reader,
        )

    if isinstance(database, PostgresSession):
        casts = ", ".join(f"%s::{column.type}" for column in fields)
        cursor = database._connection.cursor()
        yield switch(
            f"inserts of {ROWS_A_BATCH:,} rows (execute_values)",
            lambda rows: execute_values(
                cursor, f"insert into {TARGET} ({names}) values %s", rows, f"({casts})", ROWS_A_BATCH
            ),
        )
        yield switch(
            "an insert a row (executemany)",
            lambda rows: cursor.executemany(f"insert into {TARGET} ({names}) values ({casts})", rows),
        )
        return
    marks = "(" + ", ".join("?" for _ in fields) + ")"

    def in_batches(rows: Sequence[Sequence[str | None]]) -> None:
        for start in range(0, len(rows), ROWS_A_BATCH):
            batch = rows[start : start + ROWS_A_BATCH]
            values = ", ".join(marks for _ in batch)
            database.execute(
                f"insert into {TARGET} ({names}) values {values}", [value for row in batch for value in row]
            )

    yield switch(f"inserts of {ROWS_A_BATCH:,} rows", in_batches)


def _pool(ground: Ground, database: Database) -> Switch:
    """The parts of a load, copied by two threads that keep their session, or open one a part."""
    files = [(table, file) for table, file in read_export(ground.exports.small).files]
    sizes = sum(file.path.stat().st_size for _, file in files)
    longest = sizes // (WORKERS * PARTS_A_WORKER)
    parts = [
        (table, file, span)
        for table, file in files for span in cut(file.path, file.path.stat().st_size, longest, file.quote)
    ]

    def copied(session: PostgresSession, part: tuple[str, CsvFile, Span]) -> None:
        table, file, span = part
        session.copy(file, quoted("raw_synthea", table), LINEAGE, lambda _: None, span=span)

    def emptied() -> None:
        for table in RAW:
            database.execute(f"truncate {quoted(table.schema, table.name)}")

    def pooled() -> float:
        emptied()
        left = list(parts)
        started = perf_counter()
        with worker_sessions(WORKERS) as connections, ThreadPoolExecutor(WORKERS) as threads:
            def work(session: PostgresSession) -> None:
                while left:
                    try:
                        part = left.pop()
                    except IndexError:
                        return
                    copied(session, part)

            for done in [threads.submit(work, PostgresSession(connection)) for connection in connections]:
                done.result()
        return perf_counter() - started

    def connected() -> float:
        emptied()
        started = perf_counter()

        def work(part: tuple[str, CsvFile, Span]) -> None:
            with worker_sessions(1) as (connection,):
                copied(PostgresSession(connection), part)

        with ThreadPoolExecutor(WORKERS) as threads:
            for done in [threads.submit(work, part) for part in reversed(parts)]:
                done.result()
        return perf_counter() - started

    return Switch(
        "pool against a connection a task", "postgres",
        f"{len(parts)} parts of {sizes / 1e6:,.0f} MB, copied by {WORKERS} threads", pooled, connected, "pool",
    )


def _unlogged(ground: Ground, database: Database) -> Switch:
    file = _file(ground.exports.small, STREAMED)

    def copied(kind: str) -> Callable[[], float]:
        def run() -> float:
            _emptied(database, STREAMED, kind)
            started = perf_counter()
            database.copy(file, TARGET, LINEAGE, lambda _: None)
            return perf_counter() - started

        return run

    return Switch(
        "unlogged against logged", "postgres",
        f"COPY of {file.path.stat().st_size / 1e6:,.0f} MB of {STREAMED}", copied("unlogged"), copied(""),
        "unlogged for raw tables, which a load can fill again",
    )


def _streaming(ground: Ground, database: Database, environment: Mapping[str, str]) -> Iterator[Switch]:
    """Memory is that of the process that copies, Python and what it imports included."""

    def run(side: str, export: Path) -> float:
        _emptied(database, STREAMED, "unlogged")
        return measured([sys.executable, "-m", "bench.ablations.loading", side, str(export)], environment).peak_mib

    for side, how, export in (
        ("whole", "read whole first", ground.exports.full), ("rows", "read into a list of rows first", ground.exports.small),
    ):
        size = _file(export, STREAMED).path.stat().st_size / 1e6
        yield Switch(
            "chunks and streams against whole files", "postgres",
            f"memory of the process that copies {size:,.0f} MB, in chunks of 1 MB against {how}",
            partial(run, "chunks", export), partial(run, side, export), "chunks", unit="MiB",
        )


def workers_switch(ground: Ground) -> Switch:
    """The whole load, with one session and with two beside it."""

    def load(workers: int) -> float:
        with ground.engine.candidate() as environment:
            command = synthea_omop_command("load", str(ground.exports.full), "--workers", str(workers))
            return measured(command, environment).seconds

    return Switch(
        "1 against N workers", "postgres", "synthea-omop load with --workers 2, against --workers 1",
        lambda: load(2), lambda: load(1), "as many workers as cores",
    )


def _copy_side(side: str, export: Path) -> None:
    """One side of the streaming, in a process of its own; the loader's lock is with whoever measures."""
    file, session = _file(export, STREAMED), PostgresSession(connect())
    if side == "chunks":
        session.copy(file, TARGET, LINEAGE, lambda _: None)
        return
    stream: io.IOBase
    if side == "whole":
        stream = io.BytesIO(file.path.read_bytes())
    else:
        with file.path.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.reader(lines))
        stream = io.StringIO()
        csv.writer(stream).writerows(rows)
        stream.seek(0)
    names = ", ".join(quoted(column.name) for column in file.columns if column)
    with session._connection.cursor() as cursor:
        cursor.copy_expert(f"copy {TARGET} ({names}) from stdin with (format csv, header true)", stream)


if __name__ == "__main__":
    _copy_side(sys.argv[1], Path(sys.argv[2]))
