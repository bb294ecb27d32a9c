"""What an engine must be able to do, and the SQL that is the same on both."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loader.csv_file import CsvFile
from loader.databases.scratch import Scratch, scratch_in_memory
from loader.databases.tables import ALL_TABLES, LEDGER, LEDGER_OF_RATES, SCHEMAS, Table
from loader.load.raw_tables import Column

# How a message calls the types of the columns.
KINDS = {
    "uuid": "id (a UUID)", "numeric": "number", "double precision": "number", "integer": "whole number",
    "bigint": "whole number", "timestamp": "time", "date": "date",
}

OnBytes = Callable[[int], None]
Ask = Callable[[str], list[tuple[Any, ...]]]
AtEnd = Callable[[Ask], None]


def quoted(*names: str) -> str:
    """The names as one quoted, dotted identifier."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(value: str | int) -> str:
    """The value as an SQL literal, for places that take no parameter."""
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


class Database(ABC):
    """A connection that holds the loader's lock. Statements have `?` for parameters on both engines."""

    name: str
    errors: tuple[type[Exception], ...]
    # Begins a transaction that only reads, and reads one state.
    looking = "begin transaction read only"
    # Whether `copy` can be held to the plain spelling, so that nobody else has to look at the values.
    reads_strictly = False
    # As what information_schema.tables knows the tables that a build makes.
    built_as = "BASE TABLE"
    # What work beside the database may take.
    memory_limit = "256MB"

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement; the number of rows it changed (0 where the engine does not say)."""

    @abstractmethod
    def query_with_names(
        self, sql: str, parameters: Sequence[Any] = ()
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The column names and the rows of a query."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.query_with_names(sql, parameters)[1]

    @abstractmethod
    def copy(
        self, csv: CsvFile, table: str, constants: Mapping[str, str | int], on_bytes: OnBytes
    ) -> int:
        """Copy a file into a table; the number of rows. `constants` fill columns that the file has not.

        A row that does not fit its columns raises LoaderError with file, line, column and value.
        `on_bytes` is told how much of the file on disk has been read since it was last told.
        """

    @abstractmethod
    def fill(
        self, table: str, fields: Sequence[str], query: str, memory_limit: str, at_end: AtEnd | None = None
    ) -> int:
        """Put the rows of a query on DuckDB's readers (`read_parquet(...)`) into a table, as a stream; how many.

        Where DuckDB is not the engine itself it reads under this memory limit. `at_end` is given a function that asks
        the reading session: what it could not read is in its tables. duckdb.Error when the file is damaged.
        """

    @abstractmethod
    def write_parquet(self, query: str, columns: Mapping[str, str], path: Path) -> int:
        """Write the rows of a query, whose columns have these names and types, as a Parquet file; how many."""

    @abstractmethod
    def interrupt(self) -> None:
        """End the statement that is running, from another thread; it raises one of `errors`."""

    @abstractmethod
    def write_out(self, query: str, path: Path) -> None:
        """Write the rows of a query into a CSV file without a header."""

    def scratch(self) -> AbstractContextManager[Scratch]:
        """A DuckDB for work on files beside the database."""
        return scratch_in_memory(self.memory_limit)

    def analyze(self, table: str) -> None:
        """Count a table that was made a moment ago, where the engine plans by that."""

    @abstractmethod
    def row_hash(self, expressions: Sequence[str], seed: int) -> str:
        """The SQL of a 64-bit hash of a row of expressions; equal values of equal types hash alike, NULLs included."""

    @abstractmethod
    def arrivals(self, tables: Sequence[Table]) -> dict[str, str]:
        """Make empty tables of the same columns for rows on their way; name to quoted name.

        `drop_arrivals` or the next load takes them away; they are no part of the database's state.
        """

    @abstractmethod
    def drop_arrivals(self) -> None:
        """Take the tables for rows on their way off, those of a killed load too."""

    def workers(self) -> AbstractContextManager[list["Database"]]:
        """Sessions of their own that may copy beside this one; none where the engine needs none."""
        return nullcontext([])

    def recover(self, error: Exception) -> bool:
        """Whether the work that ended with this error may be tried again now, on a session as good as new."""
        return False

    def is_loading(self) -> bool:
        """Whether another process is at work in the database, as far as one that only looks can see."""
        return False

    def clock(self) -> datetime:
        """The time in UTC, without a zone, as the ledger keeps it."""
        return datetime.now(UTC).replace(tzinfo=None)

    @abstractmethod
    def empty(self, table: Table) -> None:
        """Take every row, key and index off a table, inside the transaction."""

    def moved(self, table: Table, keys: str, nobodys: bool) -> None:
        """Rows of a table are about to be replaced, inside the transaction: those with the keys, and `nobodys`."""

    @abstractmethod
    def finish(self, table: Table) -> None:
        """Make the keys, indexes and statistics of a freshly filled table where the engine needs them."""

    def unfinished(self, tables: Sequence[Table]) -> list[Table]:
        """Those of the tables that `finish` has not been through since they were emptied."""
        return []

    def is_outgrown(self, table: Table, rows: int) -> bool:
        """Whether so many rows moved that the statistics of the table have to be made anew."""
        return False

    def tidy(self) -> None:
        """After a build: give back the room of deleted rows, and count anew what moved, where nobody else does."""

    def measured(self) -> dict[tuple[str, str], tuple[int, int]]:
        """(schema, table) to rows and bytes of what a build has made, where both are to be had without counting."""
        return {}

    def without_files(self, schema: str) -> list[str]:
        """Tables of a schema that cannot be queried, because the engine keeps no file of one without rows."""
        return []

    def relations(self) -> list[tuple[str, str, bool]]:
        """(schema, name, is a view) of all that there is; nothing where that is not to be had."""
        return self.query(
            "select table_schema, table_name, table_type = 'VIEW' from information_schema.tables"
            " where table_catalog = current_database()"
        )

    @abstractmethod
    def make_way(self) -> None:
        """Let the build in, which is another process, and keep other loaders out as far as the engine can."""

    @abstractmethod
    def close(self) -> None:
        """End the connection and with it the lock."""

    @abstractmethod
    def table_definition(self, table: Table) -> str:
        """The statement that makes the table if it is missing."""

    @abstractmethod
    def dbt_environment(self) -> dict[str, str]:
        """The environment variables by which dbt meets this database."""

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the database is, in the words of a user."""

    def missing_tables(self) -> list[Table]:
        """The loader's tables that the database does not have yet."""
        present = set(self.query("select table_schema, table_name from information_schema.tables"))
        return [table for table in ALL_TABLES if (table.schema, table.name) not in present]

    def create_tables(self) -> None:
        """Make the schemas and tables that are missing. Does nothing but one look on a database that has them."""
        missing, columns = self.missing_tables(), self._missing_columns()
        if not missing and not columns:
            return
        with self.transaction():
            for schema in SCHEMAS:
                self.execute(f"create schema if not exists {quoted(schema)}")
            for table in missing:
                self.execute(self.table_definition(table))
                self.finish(table)
            for table, column in columns:
                self.execute(
                    f"alter table {quoted(table.schema, table.name)} add column {quoted(column.name)} {column.type}"
                )

    def _missing_columns(self) -> list[tuple[Table, Column]]:
        """What tables of the ledger lack that an older loader made."""
        present = set(self.query(
            "select table_name, column_name from information_schema.columns where table_schema = 'etl'"
        ))
        tables = {name for name, _ in present}
        return [
            (table, column) for table in (*LEDGER, *LEDGER_OF_RATES) if table.name in tables
            for column in table.columns if (table.name, column.name) not in present
        ]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is executed inside."""
        self.execute("begin")
        try:
            yield
        except BaseException:
            self.rollback()
            raise
        self.execute("commit")

    @contextmanager
    def one_state(self) -> Iterator[None]:
        """What is asked inside sees the database as it was at one moment, and cannot change it."""
        self.execute(self.looking)
        try:
            yield
        finally:
            self.rollback()

    @abstractmethod
    def rollback(self) -> None:
        """End the open transaction, if the engine has not done so already."""


def bad_value(csv: CsvFile, line: str, position: int, value: str | None) -> str:
    """What to say about a value that does not fit its column. `position` is that of the field in the file."""
    column = csv.columns[position]
    kind = KINDS.get(column.type.partition("(")[0], column.type) if column else "text"
    shown = f'"{value}"' if value is not None else "the value"
    return (
        f"{csv.named}, line {line}, column {csv.header[position]}: {shown} is no {kind}."
        " Correct the value or export the file again; nothing of this load was kept."
    )


def bad_field_count(csv: CsvFile, line: str) -> str:
    """What to say about a line with more or fewer fields than the header."""
    return (
        f"{csv.named}, line {line}: more or fewer fields than the {len(csv.header)} of the header."
        " Correct the line or export the file again; nothing of this load was kept."
    )


def column_definitions(columns: Sequence[Column]) -> str:
    """`"id" uuid, "start" timestamp, ...`"""
    return ", ".join(f"{quoted(column.name)} {column.type}" for column in columns)
