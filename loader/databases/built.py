"""What dbt has built on Spark, for the loader to look at: views on the Parquet files of its tables."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from loader.databases.base import Database, literal, quoted

# Spark's folder of a schema.
_SCHEMA = ".db"
# In the name of a table that is to take another's place.
_PASSING = "__dbt_"


class Built(NamedTuple):
    """A table by its names, and its files: a pattern, with the column of the folders that they lie in."""

    schema: str
    name: str
    files: str
    partition: str | None


def built_tables(warehouse: Path) -> Iterator[Built]:
    """The tables that have files; what Spark has not finished lies in folders that begin with a dot or a dash."""
    for folder in sorted(warehouse.glob(f"*{_SCHEMA}/*")):
        for path in sorted(folder.glob("[!._]*")):
            partition = path.name.partition("=")[0] if path.is_dir() and "=" in path.name else None
            if partition or path.suffix == ".parquet":
                pattern = f"{partition}=*/[!._]*.parquet" if partition else "[!._]*.parquet"
                yield Built(folder.parent.name.removesuffix(_SCHEMA), folder.name, f"{folder}/{pattern}", partition)
                break


def folders_of(warehouse: Path, schema: str) -> list[Path]:
    """The folders of a schema's tables."""
    return sorted(path for path in warehouse.glob(f"{schema}{_SCHEMA}/*") if _PASSING not in path.name)


def folders_without_files(warehouse: Path, schema: str) -> list[str]:
    """The tables of a schema whose rows would lie in partitions, and that have none."""
    built = {table.name for table in built_tables(warehouse) if table.schema == schema}
    return sorted({path.name for path in folders_of(warehouse, schema)} - built)


def show_built(database: Database, warehouse: Path) -> None:
    """Make a view of every table that there is, and take away those of tables that are gone."""
    tables = list(built_tables(warehouse))
    for schema in sorted({table.schema for table in tables}):
        database.execute(f"create schema if not exists {quoted(schema)}")
    for table in tables:
        columns = f"* exclude ({quoted(table.partition)})" if table.partition else "*"
        database.execute(
            f"create or replace view {quoted(table.schema, table.name)} as select {columns}"
            f" from read_parquet({literal(table.files)}, hive_partitioning = {str(bool(table.partition)).lower()})"
        )
    names = {(table.schema, table.name) for table in tables}
    for view in database.query(
        "select schema_name, view_name from duckdb_views() where not internal and schema_name <> 'etl'"
    ):
        if view not in names:
            database.execute(f"drop view {quoted(*view)}")


def measured(database: Database, table: Built) -> tuple[int, int]:
    """The rows and the bytes of a table."""
    return database.query(
        f"select cast(coalesce(sum(num_rows), 0) as bigint), cast(coalesce(sum(file_size_bytes), 0) as bigint)"
        f" from parquet_file_metadata({literal(table.files)})"
    )[0]
