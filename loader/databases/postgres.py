"""PostgreSQL: COPY FROM STDIN, streamed; found by libpq's own PG* variables."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from loader.csv_file import CHUNK, CountedStream, CsvFile, open_binary
from loader.databases.base import Database, OnBytes, bad_field_count, bad_value, column_definitions, literal, quoted
from loader.databases.tables import Table
from loader.errors import LoaderError
from loader.settings import Settings

APPLICATION = "synthea-omop"
OLDEST_VERSION = 150000
# The same in every session of the project on a server; any constant will do.
LOCK_KEY = 5_402_779_136_540
SESSION = "-c timezone=UTC -c jit=off -c synchronous_commit=off -c maintenance_work_mem=256MB -c work_mem=64MB"
# Ends the backend of a killed client within half a second. Servers on systems without POLLRDHUP refuse it.
CHECK_CLIENT = "client_connection_check_interval"

_BAD_VALUE = re.compile(r'COPY \S+, line (\d+), column ([^:]+): "(.*)"', re.S)
_LINE = re.compile(r"COPY \S+, line (\d+)")


class PostgresDatabase(Database):
    """A session that holds the advisory lock of the loader."""

    name = "postgres"
    errors = (psycopg2.Error,)

    def __init__(self, settings: Settings, only_look: bool = False) -> None:
        self._connection = connect()
        if not only_look:
            self._lock()
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
        self, csv: CsvFile, table: str, constants: Mapping[str, str | int], on_bytes: OnBytes
    ) -> int:
        # COPY reads no constants: for the length of this transaction they are the columns' defaults.
        for name, value in constants.items():
            self.execute(f"alter table {table} alter column {quoted(name)} set default {literal(value)}")
        if None in csv.columns:
            rows = self._copy_through_staging(csv, table, on_bytes)
        else:
            rows = self._copy(csv, table, [column.name for column in csv.columns if column], on_bytes)
        for name in constants:
            self.execute(f"alter table {table} alter column {quoted(name)} drop default")
        return rows

    def _copy_through_staging(self, csv: CsvFile, table: str, on_bytes: OnBytes) -> int:
        """COPY can leave out no field of the file, so a table in the file's own shape takes them all."""
        self._copies += 1
        staging = quoted(f"copied_{self._copies}")
        types = [column.type if column else "text" for column in csv.columns]
        definitions = ", ".join(f"c{position} {type_}" for position, type_ in enumerate(types))
        self.execute(f"create temp table {staging} ({definitions})")
        rows = self._copy(csv, staging, [f"c{position}" for position in range(len(types))], on_bytes)
        fields = {column.name: f"c{position}" for position, column in enumerate(csv.columns) if column}
        self.execute(
            f"insert into {table} ({', '.join(map(quoted, fields))}) select {', '.join(fields.values())} from {staging}"
        )
        self.execute(f"drop table {staging}")
        return rows

    def _copy(self, csv: CsvFile, table: str, fields: list[str], on_bytes: OnBytes) -> int:
        names = ", ".join(map(quoted, fields))
        # A field in quotes with nothing in it is as empty as one without quotes.
        quoting = f"quote {literal(csv.quote)}, force_null ({names})" if csv.quote else r"quote E'\x01'"
        sql = (
            f"copy {table} ({names}) from stdin"
            f" with (format csv, header true, delimiter {literal(csv.delimiter)}, null '', {quoting})"
        )
        with (
            csv.path.open("rb") as packed,
            open_binary(csv.path, packed) as stream,
            self._connection.cursor() as cursor,
        ):
            source = CountedStream(stream, packed, on_bytes)
            try:
                cursor.copy_expert(sql, source, CHUNK)
            except psycopg2.Error as error:
                if source.error or isinstance(error, psycopg2.DataError):
                    raise LoaderError(_bad_row(csv, fields, source.error or error)) from error
                raise
            return cursor.rowcount

    def create_temporary(self, name: str, table: Table) -> str:
        self.execute(f"create temp table {quoted(name)} ({column_definitions(table.columns)}) on commit drop")
        return quoted(name)

    def empty(self, table: Table) -> None:
        target = quoted(table.schema, table.name)
        # The CDM's foreign keys go with the key they point at; the build that follows makes them anew.
        self.execute(f"alter table {target} drop constraint if exists {quoted(_key_name(table))} cascade")
        self.execute(f"truncate {target}")
        for columns in table.indexes:
            self.execute(f"drop index if exists {quoted(table.schema, _index_name(table, columns))}")

    def finish(self, table: Table) -> None:
        target = quoted(table.schema, table.name)
        if table.primary_key and not self._has_key(table):
            self.execute(f"alter table {target} add constraint {quoted(_key_name(table))} primary key"
                         f" ({', '.join(map(quoted, table.primary_key))})")
        for columns in table.indexes:
            self.execute(f"create index if not exists {quoted(_index_name(table, columns))} on {target}"
                         f" ({', '.join(map(quoted, columns))})")
        self.execute(f"analyze {target}")

    def _has_key(self, table: Table) -> bool:
        return bool(self.query(
            "select 1 from pg_catalog.pg_constraint where conname = ? and conrelid = cast(? as regclass)",
            (_key_name(table), quoted(table.schema, table.name)),
        ))

    def table_definition(self, table: Table) -> str:
        kind = "table" if table.logged else "unlogged table"
        return (
            f"create {kind} if not exists {quoted(table.schema, table.name)} ({column_definitions(table.columns)})"
        )

    def rollback(self) -> None:
        try:
            self.execute("rollback")
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            pass  # The connection is gone, and the transaction with it.

    def make_way(self) -> None:
        """The lock keeps other loaders out and lets the build in: nothing to do."""

    def close(self) -> None:
        self._connection.close()

    def dbt_environment(self) -> dict[str, str]:
        """The variables by which dbt meets this very database in a session like this one."""
        info = self._connection.info
        options = SESSION if _refuses_client_check(self._connection) else f"{SESSION} -c {CHECK_CLIENT}=500"
        return {
            "PGHOST": info.host or "", "PGPORT": str(info.port), "PGUSER": info.user, "PGDATABASE": info.dbname,
            "PGTZ": "UTC", "PGOPTIONS": _with_users_options(options),
        }

    def _lock(self) -> None:
        if self.query("select pg_try_advisory_lock(?)", (LOCK_KEY,))[0][0]:
            return
        holder = self.query(
            "select pid from pg_catalog.pg_locks where locktype = 'advisory' and granted"
            " and (cast(classid as bigint) << 32) + cast(objid as bigint) = ?"
            " and database = (select oid from pg_catalog.pg_database where datname = current_database())",
            (LOCK_KEY,),
        )
        place = self.place
        self.close()
        who = f" (server process {holder[0][0]})" if holder else ""
        raise LoaderError(f"Another synthea-omop is at work in the {place}{who}. Wait for it or end it.")


def connect() -> Connection:
    """A session set for bulk work on the server that the PG* variables name; LoaderError when it is not there."""
    try:
        connection = psycopg2.connect(
            application_name=APPLICATION, client_encoding="UTF8", connect_timeout=10,
            options=_with_users_options(SESSION),
        )
    except psycopg2.Error as error:
        raise LoaderError(
            f"PostgreSQL cannot be reached: {' '.join(str(error).split())}"
            " Set PGHOST, PGPORT, PGUSER, PGDATABASE and PGPASSWORD (or ~/.pgpass)."
        ) from error
    connection.autocommit = True
    if connection.server_version < OLDEST_VERSION:
        connection.close()
        raise LoaderError("PostgreSQL 15 or newer is needed. Name another server with PGHOST and PGPORT.")
    _refuses_client_check(connection)
    return connection


def _with_users_options(options: str) -> str:
    """Ours first: what the user has set in PGOPTIONS comes later and wins."""
    return f"{options} {os.environ.get('PGOPTIONS', '')}".strip()


def _refuses_client_check(connection: Connection) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"set {CHECK_CLIENT} = '500ms'")
    except psycopg2.Error:
        return True
    return False


def _translated(sql: str, parameters: Sequence[Any]) -> tuple[str, Sequence[Any] | None]:
    return (sql.replace("%", "%%").replace("?", "%s"), parameters) if parameters else (sql, None)


def _key_name(table: Table) -> str:
    return f"{table.name}_pkey"


def _index_name(table: Table, columns: tuple[str, ...]) -> str:
    return f"{table.name}_{'_'.join(columns)}_idx"


def _bad_row(csv: CsvFile, fields: list[str], error: Exception) -> str:
    if not isinstance(error, psycopg2.Error):
        return f"{csv.path}: cannot be read ({error}). Copy or export the file again; nothing of this load was kept."
    context = error.diag.context or ""
    message = error.diag.message_primary or str(error)
    line = _LINE.search(context)
    if (value := _BAD_VALUE.search(context)) and value[2] in fields:
        return bad_value(csv, value[1], fields.index(value[2]), value[3])
    if line and message.startswith(("missing data for column", "extra data after last")):
        return bad_field_count(csv, line[1])
    place = f"{csv.path}, line {line[1]}" if line else str(csv.path)
    return f"{place}: {message}. Export the file again; nothing of this load was kept."
