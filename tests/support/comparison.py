"""Reads the built tables of both engines as sorted lines of text and says where they differ."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import duckdb
import psycopg2

from tests.support.environments import engine_of

# Every table of the CDM, what became of the source rows, and the registries that hand out its ids.
COMPARED_TABLES = """
    select table_schema || '.' || table_name
    from information_schema.tables
    where table_schema = 'omop' or (table_schema = 'quality' and table_type = 'BASE TABLE')
        or (table_schema = 'intermediate' and table_name like 'int\\_keys\\_\\_%' escape '\\')
    order by 1
"""
COLUMNS = """
    select column_name, lower(data_type)
    from information_schema.columns
    where table_schema || '.' || table_name = '{table}'
    order by ordinal_position
"""
# The day on which a build was made, and the one after it: midnight may lie between two builds. That they are days in UTC the
# golden cases ask.
DAYS_OF_BUILDS = {("omop.cdm_source", "cdm_release_date"), ("quality.dqd_results", "query_text")}
UNIT_SEPARATOR = "\x1f"
NULL = "(null)"
ROWS_AT_A_TIME = 10_000
DIFFERENCES_SHOWN = 5


@dataclass(frozen=True)
class Table:
    """The rows of a table as sorted lines, one field a column."""

    columns: tuple[str, ...]
    rows: Iterable[str]


@dataclass
class Difference:
    """The rows that only one of two tables has: how many, and the first of them."""

    counts: list[int] = field(default_factory=lambda: [0, 0])
    samples: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))

    def add(self, side: int, row: str) -> None:
        self.counts[side] += 1
        if len(self.samples[side]) < DIFFERENCES_SHOWN:
            self.samples[side].append(row)


class Reader:
    """An open, read-only connection to a built database."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.is_postgres = engine_of(environment) == "postgres"
        if self.is_postgres:
            self._connection = psycopg2.connect(
                host=environment["PGHOST"],
                port=environment["PGPORT"],
                user=environment["PGUSER"],
                dbname=environment["PGDATABASE"],
            )
        else:
            self._connection = duckdb.connect(
                environment["SYNTHEA_OMOP_DATABASE"], read_only=True, config={"memory_limit": "1GB"}
            )

    def close(self) -> None:
        self._connection.close()

    def columns(self, sql: str) -> list[str]:
        """The names of the columns of a query."""
        cursor = self._connection.cursor()
        cursor.execute(f"select * from ({sql}) as asked limit 0")
        return [column[0] for column in cursor.description]

    def query(self, sql: str) -> Iterator[tuple]:
        """Streams the rows of a query; a bounded number of them is in memory."""
        cursor = self._connection.cursor(name="rows") if self.is_postgres else self._connection.cursor()
        cursor.execute(sql)
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            yield from rows
        cursor.close()

    def table_names(self) -> list[str]:
        return [name for (name,) in self.query(COMPARED_TABLES)]

    def table(self, name: str) -> Table:
        columns = list(self.query(COLUMNS.format(table=name)))
        fields = ", ".join(
            _without_days_of_builds(text) if (name, column) in DAYS_OF_BUILDS else text
            for column, kind in columns for text in (_as_text(column, kind),)
        )
        sql = f'select concat_ws(chr(31), {fields}) collate "C" as line from {name} order by line'
        return Table(tuple(column for column, _ in columns), (line for (line,) in self.query(sql)))


def _as_text(column: str, kind: str) -> str:
    text = f'cast("{column}" as text)'
    if kind in ("double", "double precision", "float", "real"):
        # DuckDB writes 1.0 where PostgreSQL writes 1.
        text = f"regexp_replace({text}, '[.]0$', '')"
    return f"coalesce({text}, '{NULL}')"


def _without_days_of_builds(text: str) -> str:
    today = datetime.now(UTC).date()
    for days in (-1, 0, 1):
        text = f"replace({text}, '{today + timedelta(days=days)}', '(about now)')"
    return text


@contextmanager
def reading(environment: Mapping[str, str]) -> Iterator[Reader]:
    """A reader of the database that the environment leads to."""
    reader = Reader(environment)
    try:
        yield reader
    finally:
        reader.close()


def snapshot(environment: Mapping[str, str]) -> dict[str, Table]:
    """All compared tables with their rows in memory: for small databases."""
    with reading(environment) as reader:
        tables = {}
        for name in reader.table_names():
            table = reader.table(name)
            tables[name] = Table(table.columns, list(table.rows))
        return tables


def assert_same_tables(
    left: Mapping[str, Table], right: Mapping[str, Table], names: tuple[str, str]
) -> None:
    """Fails with the first differing rows of every table that is not the same on both sides."""
    assert list(left) == list(right), f"tables: {names[0]} has {list(left)}, {names[1]} has {list(right)}"
    reports = [text for table in left if (text := difference(table, left[table], right[table], names))]
    assert not reports, "\n\n".join(reports)


def assert_same_databases(left: Mapping[str, str], right: Mapping[str, str]) -> None:
    """Compares two built databases row by row in bounded memory."""
    with reading(left) as one, reading(right) as other:
        names = one.table_names()
        assert names and names == other.table_names()
        assert_same_tables(
            {name: one.table(name) for name in names},
            {name: other.table(name) for name in names},
            (engine_of(left), engine_of(right)),
        )


def difference(table: str, left: Table, right: Table, names: tuple[str, str]) -> str | None:
    """What differs, in words; None when nothing does."""
    if left.columns != right.columns:
        return f"{table}: columns differ\n  {names[0]}: {left.columns}\n  {names[1]}: {right.columns}"
    found = _unmatched(iter(left.rows), iter(right.rows))
    if not any(found.counts):
        return None
    lines = [f"{table}: {found.counts[0]} rows only in {names[0]}, {found.counts[1]} only in {names[1]}"]
    return "\n".join(lines + _described(left.columns, found, names))


def _unmatched(left: Iterator[str], right: Iterator[str]) -> Difference:
    """Merges two sorted streams; equal rows cancel, also when a row occurs more than once."""
    found = Difference()
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if one == other:
            one, other = next(left, None), next(right, None)
        elif other is None or (one is not None and one < other):
            found.add(0, one)
            one = next(left, None)
        else:
            found.add(1, other)
            other = next(right, None)
    return found


def _described(columns: tuple[str, ...], found: Difference, names: tuple[str, str]) -> list[str]:
    """Rows with the same first column are shown as the columns in which they differ, others whole."""
    ones, others = ([row.split(UNIT_SEPARATOR) for row in rows] for rows in found.samples)
    partners = {row[0]: row for row in others}
    lines = []
    for row in ones:
        partner = partners.pop(row[0], None)
        if partner is None:
            lines.append(f"  only in {names[0]}: {_record(columns, row)}")
            continue
        lines.append(f"  {columns[0]} = {row[0]}")
        lines += [
            f"    {column}: {names[0]} {a!r}, {names[1]} {b!r}"
            for column, a, b in zip(columns, row, partner, strict=True)
            if a != b
        ]
    return lines + [f"  only in {names[1]}: {_record(columns, row)}" for row in partners.values()]


def _record(columns: tuple[str, ...], row: list[str]) -> str:
    filled = (f"{column}={value}" for column, value in zip(columns, row, strict=True) if value != NULL)
    return ", ".join(filled)
