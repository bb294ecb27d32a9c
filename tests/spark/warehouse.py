"""What readers of a warehouse see: the Parquet files behind `current`, without the loader."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from tests.loader.command_line import Rows

Files = dict[str, tuple[int, int]]


def warehouse_of(environment: Mapping[str, str]) -> Path:
    return Path(environment["SYNTHEA_OMOP_WAREHOUSE"])


def seen(environment: Mapping[str, str], sql: str) -> Rows:
    """The rows of a query; tables are called as in Spark, and `person_bucket` is a column of those that have it."""
    with duckdb.connect() as connection:
        for folder in sorted((warehouse_of(environment) / "current").glob("*/*")):
            connection.execute(f"create schema if not exists {folder.parent.name}")
            connection.execute(
                f"create view {folder.parent.name}.{folder.name} as select * from"
                f" read_parquet('{folder}/**/*.parquet', hive_partitioning = true)"
            )
        return connection.execute(sql).fetchall()


def files(environment: Mapping[str, str]) -> Files:
    """The files that readers see, each with what says whether it is another one."""
    current = warehouse_of(environment) / "current"
    return {
        str(path.relative_to(current)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in current.rglob("*.parquet")
    }


def version(environment: Mapping[str, str]) -> str:
    """The state that readers see."""
    return (warehouse_of(environment) / "current").readlink().name
