"""What every part of the page needs to read a database that may be half built."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from loader.databases.base import Database

Row = dict[str, Any]


class Reading:
    """A look into one state of the database. What is not there yet is asked for before it is read."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @cached_property
    def _columns(self) -> dict[tuple[str, str], set[str]]:
        columns: dict[tuple[str, str], set[str]] = {}
        for schema, table, column in self.database.query(
            "select table_schema, table_name, column_name from information_schema.columns"
            " where table_schema in ('omop', 'quality', 'mappings', 'etl', 'raw_synthea')"
        ):
            columns.setdefault((schema, table), set()).add(column)
        return columns

    def has(self, *tables: str) -> bool:
        """Whether all of these tables, each `schema.table`, are there."""
        return all(tuple(table.split(".")) in self._columns for table in tables)

    def columns(self, table: str) -> set[str]:
        """The columns of `schema.table`; none where there is no such table."""
        schema, name = table.split(".")
        return self._columns.get((schema, name), set())

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows of a query, by the names of its columns."""
        names, rows = self.database.query_with_names(sql, parameters)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def row(self, sql: str) -> Row | None:
        """The first row of a query, if it has one."""
        return next(iter(self.rows(sql)), None)
