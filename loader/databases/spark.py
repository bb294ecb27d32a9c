"""Apache Spark: a warehouse folder. The ledger and the rows that a load compares with are in a DuckDB file of the
folder, which is also the lock; what Spark reads are Parquet files made of them, in one step a load.

The files are written before the transaction of a load ends and shown after it. A kill in between leaves the former
state to readers, and whoever opens the warehouse next shows the new one.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import duckdb

from loader.databases.base import literal, quoted
from loader.databases.built import built_tables, folders_without_files, measured, show_built
from loader.databases.duckdb import DuckdbDatabase
from loader.databases.parquet import PARQUET
from loader.databases.published import Published
from loader.databases.snapshots import COLUMNS, Snapshots
from loader.databases.tables import LEDGER, Table
from loader.errors import LoaderError
from loader.settings import Settings

# While dbt is at work.
IDLE_MEMORY = "64MB"
# dbt-spark asks for a catalogue with every statement; a Spark Connect server has its own and says so every time.
SETTING_OF_SERVER = "ignore:Failed to set spark.sql.catalogImplementation"
STATE = Path("_synthea_omop", "state.duckdb")
# dbt adds rows to them through Spark: their files are no part of a state.
BUILDS = tuple(table for table in LEDGER if table.name in ("build", "build_step"))


class SparkDatabase(DuckdbDatabase):
    """The DuckDB file of a warehouse, and what is published of it."""

    name = "spark"
    built_as = "VIEW"

    def __init__(self, settings: Settings, only_look: bool = False) -> None:
        self._warehouse, self._wanted_buckets = settings.warehouse, settings.buckets
        if only_look and not (self._warehouse / STATE).exists():
            raise LoaderError(
                f"Nothing was loaded yet into the {self.place}. Start with synthea-omop load DIR --target spark."
            )
        self._snapshots = Snapshots(settings.warehouse)
        self._memory_limit = settings.memory_limit
        self._published = Published(self, self._snapshots, settings.buckets)
        super().__init__(replace(settings, database=settings.warehouse / STATE), only_look)

    @property
    def place(self) -> str:
        return f"Spark warehouse {self._warehouse}"

    def create_tables(self) -> None:
        self._published.create_tables()
        for table in BUILDS:
            self._create_build_table(table)
        super().create_tables()
        buckets, wanted = self._published.buckets, self._wanted_buckets
        if buckets and wanted and wanted != buckets:
            raise LoaderError(
                f"The patients of the {self.place} are in {buckets} buckets, as many as its first load made, and not in"
                f" {wanted}. Leave the number away, or load into a warehouse of its own."
            )
        if not self._published.version:
            with self.transaction():
                pass  # The empty tables are the first state.
        elif self._published.version != self._snapshots.current:
            self._snapshots.show(self._published.version)
        else:
            self._snapshots.tidy(self._published.version)
        show_built(self, self._warehouse)

    def _create_build_table(self, table: Table) -> None:
        folder = self._warehouse / table.schema / table.name
        columns = [f"cast({{}} as {column.type}) as {quoted(column.name)}" for column in table.columns]
        if not (folder / COLUMNS).exists():
            folder.mkdir(parents=True, exist_ok=True)
            nothing = ", ".join(column.format("null") for column in columns)
            part = folder / f".{COLUMNS}"
            self.execute(f"copy (select {nothing} where false) to {literal(str(part))} ({PARQUET})")
            part.replace(folder / COLUMNS)
        names = ", ".join(
            text.format(quoted(column.name)) for text, column in zip(columns, table.columns, strict=True)
        )
        self.execute(
            f"create or replace view {quoted(table.schema, table.name)} as"
            f" select {names} from read_parquet({literal(str(folder / '*.parquet'))})"
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; what is new is written inside it and shown when it is safe."""
        version = None
        with super().transaction():
            yield
            if self._published.is_stale():
                version = self._published.write()
        if version:
            self._snapshots.show(version)

    def empty(self, table: Table) -> None:
        super().empty(table)
        self._published.moved(table, None)

    def moved(self, table: Table, keys: str, nobodys: bool) -> None:
        self._published.moved(table, keys, nobodys)

    def make_way(self) -> None:
        """The build has no use for the file, but for its memory; nobody else may load meanwhile."""
        with suppress(duckdb.Error):
            self.execute(f"set memory_limit = {literal(IDLE_MEMORY)}")

    def tidy(self) -> None:
        """What was built is there for the loader to look at."""
        self.execute(f"set memory_limit = {literal(self._memory_limit)}")
        show_built(self, self._warehouse)

    def measured(self) -> dict[tuple[str, str], tuple[int, int]]:
        return {(table.schema, table.name): measured(self, table) for table in built_tables(self._warehouse)}

    def without_files(self, schema: str) -> list[str]:
        return folders_without_files(self._warehouse, schema)

    def relations(self) -> list[tuple[str, str, bool]]:
        # Its catalogue is Spark's own.
        return []

    def dbt_environment(self) -> dict[str, str]:
        return {
            "SYNTHEA_OMOP_WAREHOUSE": str(self._warehouse),
            "SYNTHEA_OMOP_SPARK_BUCKETS": str(self._published.buckets or 1),
            "PYTHONWARNINGS": SETTING_OF_SERVER,
        }
