"""What is done through one session on PostgreSQL: statements, COPY FROM STDIN, the tables and what belongs to them."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import psycopg2
from psycopg2.extensions import connection as Connection

from loader.csv_file import CHUNK, CountedStream, CsvFile, open_binary
from loader.databases.base import AtEnd, Database, OnBytes, bad_field_count, bad_value, column_definitions, literal, quoted
from loader.databases.parquet import csv_field, parquet_of_csv
from loader.databases.pool import BUILD_SESSION, CHECK_CLIENT, option, refuses_client_check, set_for_the_role, with_users_options
from loader.databases.ranges import Span, SpanStream
from loader.databases.streams import answered
from loader.databases.tables import LINEAGE, RAW, Table
from loader.errors import LoaderError

# Where rows lie until it is known which of them changed. Not there between loads.
ARRIVALS = "raw_arrivals"
# COPY reads no constants: the lineage of a row is a column default that reads these settings of its session.
SETTINGS = "synthea_omop"

# The share of a table's rows that moves before its statistics are of another table.
OUTGROWN = 0.1

_BAD_VALUE = re.compile(r'COPY \S+, line (\d+), column ([^:]+): "(.*)"', re.DOTALL)
_LINE = re.compile(r"COPY \S+, line (\d+)")


class PostgresSession(Database):
    """One connection and what can be done through it."""

    name = "postgres"
    errors = (psycopg2.Error,)
    looking = "begin transaction isolation level repeatable read read only"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._copies = 0

    @property
    def place(self) -> str:
        info = self._connection.info
        return f"PostgreSQL database {info.dbname} at {info.host or 'the local socket'}:{info.port}"

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(*_translated(sql, parameters))
            return max(cursor.rowcount, 0)

    def query_with_names(
        self, sql: str, parameters: Sequence[Any] = ()
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        with self._connection.cursor() as cursor:
            cursor.execute(*_translated(sql, parameters))
            return [column.name for column in cursor.description or ()], cursor.fetchall()

    def copy(
        self, csv: CsvFile, table: str, constants: Mapping[str, str | int], on_bytes: OnBytes,
        span: Span | None = None,
    ) -> int:
        for name, value in constants.items():
            self.execute("select set_config(?, ?, false)", (f"{SETTINGS}.{name}", str(value)))
        if None in csv.columns:
            return self._copy_through_staging(csv, table, on_bytes, span)
        return self._copy(csv, table, [column.name for column in csv.columns if column], on_bytes, span)

    def _copy_through_staging(self, csv: CsvFile, table: str, on_bytes: OnBytes, span: Span | None) -> int:
        """COPY can leave out no field of the file, so a table in the file's own shape takes them all."""
        self._copies += 1
        staging = quoted(f"copied_{self._copies}")
        types = [column.type if column else "text" for column in csv.columns]
        definitions = ", ".join(f"c{position} {type_}" for position, type_ in enumerate(types))
        self.execute(f"create temp table {staging} ({definitions})")
        rows = self._copy(csv, staging, [f"c{position}" for position in range(len(types))], on_bytes, span)
        fields = {column.name: f"c{position}" for position, column in enumerate(csv.columns) if column}
        self.execute(
            f"insert into {table} ({', '.join(map(quoted, fields))}) select {', '.join(fields.values())} from {staging}"
        )
        self.execute(f"drop table {staging}")
        return rows

    def _copy(self, csv: CsvFile, table: str, fields: list[str], on_bytes: OnBytes, span: Span | None) -> int:
        names = ", ".join(map(quoted, fields))
        has_header = csv.has_header and (span is None or span.start == 0)
        # A field in quotes with nothing in it is as empty as one without quotes.
        quoting = f"quote {literal(csv.quote)}, force_null ({names})" if csv.quote else r"quote E'\x01'"
        sql = (
            f"copy {table} ({names}) from stdin"
            f" with (format csv, header {str(has_header).lower()}, delimiter {literal(csv.delimiter)}, null '',"
            f" {quoting})"
        )
        with (
            csv.path.open("rb") as packed,
            open_binary(csv.path, packed) as stream,
            self._connection.cursor() as cursor,
        ):
            source = CountedStream(SpanStream(packed, span) if span else stream, packed, on_bytes)
            try:
                # psycopg2 asks it for nothing but `read`.
                cursor.copy_expert(sql, cast("BinaryIO", source), CHUNK)
            except psycopg2.Error as error:
                if source.error or isinstance(error, psycopg2.DataError):
                    raise LoaderError(_bad_row(csv, fields, source.error or error)) from error
                raise
            return cursor.rowcount

    def fill(
        self, table: str, fields: Sequence[str], query: str, memory_limit: str, at_end: AtEnd | None = None
    ) -> int:
        sql = f"copy {table} ({', '.join(map(quoted, fields))}) from stdin with (format csv, null '')"
        with answered(query, memory_limit) as answer, self._connection.cursor() as cursor:
            cursor.copy_expert(sql, answer.stream, CHUNK)
            if at_end:
                at_end(answer.ask)
            return cursor.rowcount

    def write_parquet(self, query: str, columns: Mapping[str, str], path: Path) -> int:
        fields = ", ".join(csv_field(quoted(name), type_) for name, type_ in columns.items())
        copy = f"copy (select {fields} from ({query}) as answer) to stdout with (format csv)"

        def write(stream: BinaryIO) -> None:
            with self._connection.cursor() as cursor:
                cursor.copy_expert(copy, stream, CHUNK)

        return parquet_of_csv(write, columns, path)

    def interrupt(self) -> None:
        self._connection.cancel()

    def write_out(self, query: str, path: Path) -> None:
        with path.open("wb") as out, self._connection.cursor() as cursor:
            cursor.copy_expert(f"copy ({query}) to stdout with (format csv)", out, CHUNK)

    def analyze(self, table: str) -> None:
        self.execute(f"analyze {table}")

    def row_hash(self, expressions: Sequence[str], seed: int) -> str:
        return f"hash_record_extended(row({', '.join(expressions)}), {seed})"

    def arrivals(self, tables: Sequence[Table]) -> dict[str, str]:
        self.drop_arrivals()
        self.execute(f"create schema {quoted(ARRIVALS)}")
        names = {table.name: quoted(ARRIVALS, table.name) for table in tables}
        for table in tables:
            source = quoted(table.schema, table.name)
            self.execute(f"create unlogged table {names[table.name]} (like {source} including defaults)")
        return names

    def drop_arrivals(self) -> None:
        self.execute(f"drop schema if exists {quoted(ARRIVALS)} cascade")

    def clock(self) -> datetime:
        now: datetime = self.query("select cast(clock_timestamp() at time zone 'utc' as timestamp)")[0][0]
        return now

    def empty(self, table: Table) -> None:
        target = quoted(table.schema, table.name)
        # The CDM's foreign keys go with the key they point at; the build that follows makes them anew.
        self.execute(f"alter table {target} drop constraint if exists {quoted(_key_name(table))} cascade")
        self.execute(f"truncate {target}")
        for columns in table.indexes:
            self.execute(f"drop index if exists {quoted(table.schema, _index_name(table, columns))}")

    def finish(self, table: Table) -> None:
        target = quoted(table.schema, table.name)
        # The indexes last: where they are, the rest was done.
        self.execute(f"analyze {target}")
        if table.primary_key and not self._has_key(table):
            self.execute(f"alter table {target} add constraint {quoted(_key_name(table))} primary key"
                         f" ({', '.join(map(quoted, table.primary_key))})")
        for columns in table.indexes:
            self.execute(f"create index if not exists {quoted(_index_name(table, columns))} on {target}"
                         f" ({', '.join(map(quoted, columns))})")

    def unfinished(self, tables: Sequence[Table]) -> list[Table]:
        made = set(self.query("select schemaname, indexname from pg_catalog.pg_indexes"))
        return [
            table for table in tables
            if any((table.schema, _index_name(table, columns)) not in made for columns in table.indexes)
        ]

    def is_outgrown(self, table: Table, rows: int) -> bool:
        if not rows:
            return False
        name = quoted(table.schema, table.name)
        counted: float = self.query("select reltuples from pg_catalog.pg_class where oid = cast(? as regclass)", (name,))[0][0]
        return rows > OUTGROWN * counted

    def _has_key(self, table: Table) -> bool:
        return bool(self.query(
            "select 1 from pg_catalog.pg_constraint where conname = ? and conrelid = cast(? as regclass)",
            (_key_name(table), quoted(table.schema, table.name)),
        ))

    def table_definition(self, table: Table) -> str:
        kind = "table" if table.logged else "unlogged table"
        return (
            f"create {kind} if not exists {quoted(table.schema, table.name)} ({column_definitions(table.columns)})"
            + "".join(f"; {statement}" for statement in lineage_defaults(table))
        )

    def rollback(self) -> None:
        # The connection is gone, and the transaction with it.
        with suppress(psycopg2.OperationalError, psycopg2.InterfaceError):
            self.execute("rollback")

    def make_way(self) -> None:
        """The lock keeps other loaders out and lets the build in: nothing to do."""

    def close(self) -> None:
        self._connection.close()

    def dbt_environment(self) -> dict[str, str]:
        """The variables by which dbt meets this very database in a session like this one."""
        info = self._connection.info
        options = BUILD_SESSION if refuses_client_check(self._connection) else f"{BUILD_SESSION} -c {CHECK_CLIENT}=500"
        options = " ".join([options, *(option(*found) for found in set_for_the_role(self._connection).items())])
        return {
            "PGHOST": info.host or "", "PGPORT": str(info.port), "PGUSER": info.user, "PGDATABASE": info.dbname,
            "PGTZ": "UTC", "PGOPTIONS": with_users_options(options), "SYNTHEA_OMOP_CATALOG": info.dbname,
        }


def _translated(sql: str, parameters: Sequence[Any]) -> tuple[str, Sequence[Any] | None]:
    return (sql.replace("%", "%%").replace("?", "%s"), parameters) if parameters else (sql, None)


def lineage_defaults(table: Table) -> list[str]:
    if table not in RAW:
        return []
    return [
        f"alter table {quoted(table.schema, table.name)} alter column {quoted(column.name)}"
        f" set default cast(current_setting('{SETTINGS}.{column.name}', true) as {column.type})"
        for column in LINEAGE
    ]


def _key_name(table: Table) -> str:
    return f"{table.name}_pkey"


def _index_name(table: Table, columns: tuple[str, ...]) -> str:
    return f"{table.name}_{'_'.join(columns)}_idx"


def _bad_row(csv: CsvFile, fields: list[str], error: Exception) -> str:
    if not isinstance(error, psycopg2.Error):
        return f"{csv.named}: cannot be read ({error}). Copy or export the file again; nothing of this load was kept."
    context = error.diag.context or ""
    message = error.diag.message_primary or str(error)
    line = _LINE.search(context)
    if (value := _BAD_VALUE.search(context)) and value[2] in fields:
        return bad_value(csv, value[1], fields.index(value[2]), value[3])
    if line and message.startswith(("missing data for column", "extra data after last")):
        return bad_field_count(csv, line[1])
    place = f"{csv.named}, line {line[1]}" if line else str(csv.named)
    return f"{place}: {message}. Export the file again; nothing of this load was kept."
