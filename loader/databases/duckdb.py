"""DuckDB: one file, one process at a time; its own reader parses the CSV straight into the typed table."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import duckdb

from loader.csv_file import CsvFile
from loader.databases.base import AtEnd, Database, OnBytes, bad_field_count, bad_value, column_definitions, literal, quoted
from loader.databases.parquet import PARQUET
from loader.databases.scratch import Scratch, scratch_within
from loader.databases.tables import SCHEMAS, Table
from loader.errors import LoaderError
from loader.load.spelling import DATE_FORM, TIME_FORM, duckdb_field
from loader.settings import Settings

_LINE = re.compile(r"CSV Error on Line: (\d+)")
_BAD_VALUE = re.compile(r'Error when converting column "c(\d+)"\. (?:Could not convert string "(.*?)" to)?', re.DOTALL)
_BAD_COUNT = re.compile(r"Expected Number of Columns: \d+ Found: \d+")
# DuckDB calls a database by its file's name: one that is a schema's too makes `omop.person` ambiguous, and dbt does not
# double quotation marks.
TAKEN_NAMES = {
    *SCHEMAS, "staging", "intermediate", "mappings", "omop", "quality", "rates", "test_failures", "main", "system", "temp",
    "information_schema", "pg_catalog",
}
SECONDS_BETWEEN_QUESTIONS = 0.2


class DuckdbDatabase(Database):
    """A DuckDB file, opened for writing: DuckDB lets one process in, which is the lock."""

    name = "duckdb"
    errors = (duckdb.Error,)
    reads_strictly = True

    def __init__(self, settings: Settings, only_look: bool = False) -> None:
        self._path = settings.database
        if only_look and not self._path.exists():
            raise LoaderError(f"{self._path} does not exist. Load an export first: synthea-omop load DIR.")
        name = self._path.stem
        if not only_look and (name.lower() in TAKEN_NAMES or set(name) & set("\"'")):
            raise LoaderError(
                f"{self._path.name} is no name for a DuckDB file here: "
                + (f"{name} is a schema in it." if name.lower() in TAKEN_NAMES else "it has a quotation mark.")
                + " Give it another name with --database; nothing was changed."
            )
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": settings.memory_limit,
            "temp_directory": f"{settings.database}.tmp",
            "preserve_insertion_order": "false",
        }
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Who only looks may do so while others look too.
            self._connection = duckdb.connect(str(self._path), read_only=only_look, config=config)
        except (duckdb.Error, OSError) as error:
            raise LoaderError(cannot_open(self._path.as_posix(), error)) from error
        self._connection.execute("set TimeZone = 'UTC'")
        # DuckDB knows how far it is only when a bar is on; ours is the one that is shown.
        self._connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")

    @property
    def place(self) -> str:
        return f"DuckDB file {self._path}"

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        rows = self._connection.execute(sql, list(parameters)).fetchall()
        return rows[0][0] if rows and isinstance(rows[0][0], int) else 0

    def query_with_names(
        self, sql: str, parameters: Sequence[Any] = ()
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        result = self._connection.execute(sql, list(parameters))
        return [column[0] for column in result.description or ()], result.fetchall()

    def copy(
        self, csv: CsvFile, table: str, constants: Mapping[str, str | int], on_bytes: OnBytes,
        strictly: bool = False,
    ) -> int:
        """With `strictly` a value that not every reader takes for the same is an error; it costs next to nothing."""
        # Fields are called c0, c1, ...: a header is data of somebody else's and may repeat a name.
        types, fields = {}, {}
        for position, column in enumerate(csv.columns):
            field = f"c{position}"
            types[field], value = duckdb_field(field, column.type) if column and strictly else (
                column.type if column else "text", field
            )
            if column:
                fields[column.name] = value
        fields |= {name: literal(value) for name, value in constants.items()}
        columns = ", ".join(f"{literal(field)}: {literal(type_)}" for field, type_ in types.items())
        sql = (
            f"insert into {table} ({', '.join(map(quoted, fields))}) select {', '.join(fields.values())}"
            f" from read_csv({literal(without_wildcards(str(csv.path)))}, auto_detect = false,"
            f" header = {str(csv.has_header).lower()},"
            f" delim = {literal(csv.delimiter)}, quote = {literal(csv.quote or '')},"
            f" escape = {literal(csv.quote or '')}, nullstr = '', columns = {{{columns}}},"
            f" compression = {literal('gzip' if csv.compressed else 'none')}"
        )
        if csv.date_format:
            sql += f", dateformat = {literal(csv.date_format)}"
        elif strictly:
            form = DATE_FORM if csv.has_bare_dates_for_times else TIME_FORM
            sql += f", dateformat = {literal(DATE_FORM)}, timestampformat = {literal(form)}"
        try:
            with self._telling(on_bytes, csv.path.stat().st_size):
                rows = self.execute(sql + ")")
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.IOException) as error:
            raise LoaderError(_bad_row(csv, str(error))) from error
        return rows

    @contextmanager
    def _telling(self, on_bytes: OnBytes, size: int) -> Iterator[None]:
        """Ask DuckDB now and then how far the statement is, in a thread beside it: it calls nobody back."""
        told, over = 0, Event()

        def ask() -> None:
            nonlocal told
            while not over.wait(SECONDS_BETWEEN_QUESTIONS):
                done = min(int(size * self._connection.query_progress() / 100), size)
                if done > told:
                    on_bytes(done - told)
                    told = done

        asking = Thread(target=ask, daemon=True)
        asking.start()
        try:
            yield
        finally:
            over.set()
            asking.join()
        on_bytes(size - told)

    def write_out(self, query: str, path: Path) -> None:
        self.execute(f"copy ({query}) to {literal(str(path))} (format csv, header false)")

    def scratch(self) -> AbstractContextManager[Scratch]:
        return scratch_within(self._connection)

    def fill(
        self, table: str, fields: Sequence[str], query: str, memory_limit: str, at_end: AtEnd | None = None
    ) -> int:
        rows = self.execute(f"insert into {table} ({', '.join(map(quoted, fields))}) {query}")
        if at_end:
            at_end(self.query)
        return rows

    def write_parquet(self, query: str, columns: Mapping[str, str], path: Path) -> int:
        return self.execute(f"copy ({query}) to {literal(str(path))} ({PARQUET})")

    def interrupt(self) -> None:
        self._connection.interrupt()

    def row_hash(self, expressions: Sequence[str], seed: int) -> str:
        return f"hash({', '.join(expressions)}, {seed})"

    def arrivals(self, tables: Sequence[Table]) -> dict[str, str]:
        for table in tables:
            self.execute(f"create or replace temp table {quoted(f'arrived_{table.name}')}"
                         f" ({column_definitions(table.columns)})")
        return {table.name: quoted(f"arrived_{table.name}") for table in tables}

    def drop_arrivals(self) -> None:
        for (name,) in self.query("select table_name from duckdb_tables() where temporary"):
            self.execute(f"drop table {quoted(name)}")

    def empty(self, table: Table) -> None:
        self.execute(self.table_definition(table).replace("create table if not exists", "create or replace table"))

    def finish(self, table: Table) -> None:
        """DuckDB scans: it needs neither keys nor indexes nor statistics."""

    def table_definition(self, table: Table) -> str:
        return f"create table if not exists {quoted(table.schema, table.name)} ({column_definitions(table.columns)})"

    def rollback(self) -> None:
        with suppress(duckdb.TransactionException):
            self._connection.execute("rollback")

    def dbt_environment(self) -> dict[str, str]:
        return {"SYNTHEA_OMOP_CATALOG": self.query("select current_database()")[0][0]}

    def make_way(self) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()


def without_wildcards(path: str) -> str:
    """The path with `*`, `?` and `[` standing for themselves: read_csv would look for other files."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def cannot_open(path: str, error: Exception) -> str:
    text = str(error)
    if "lock" in text.lower():
        holder = re.search(r"\(PID (\d+)\)", text)
        who = f"process {holder[1]}" if holder else "another process"
        return f"{path} is in use by {who}, and DuckDB lets one process write at a time. Wait for it or end it."
    return f"{path} cannot be opened as a DuckDB database: {text.splitlines()[0]}. Name another file with --database."


def _bad_row(csv: CsvFile, message: str) -> str:
    line = _LINE.search(message)
    if line and (value := _BAD_VALUE.search(message)):
        return bad_value(csv, line[1], int(value[1]), value[2])
    if line and _BAD_COUNT.search(message):
        return bad_field_count(csv, line[1])
    place = f"{csv.named}, line {line[1]}" if line else str(csv.named)
    return f"{place}: {message.splitlines()[0]}. Export the file again; nothing of this load was kept."
