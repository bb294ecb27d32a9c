"""The environment variables under which the project meets a fresh, empty database of either engine."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgres_server import PostgresServer

ENGINES = ("duckdb", "postgres")
REPOSITORY = Path(__file__).resolve().parents[2]
# What a developer's shell may hold and a test must not inherit.
LEFTOVERS = ("PG", "DBT_", "SYNTHEA_OMOP_")


def clean_environment() -> dict[str, str]:
    """The variables of this process without those that lead to a database or change dbt.

    The time zone is odd on purpose: nothing may depend on it.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(LEFTOVERS)}
    return kept | {"TZ": "Asia/Kolkata", "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}


def duckdb_environment(folder: Path) -> dict[str, str]:
    """Variables for a DuckDB file in `folder`, which the first command makes."""
    return clean_environment() | {
        "SYNTHEA_OMOP_TARGET": "duckdb",
        "SYNTHEA_OMOP_DATABASE": str(folder / "synthea_omop.duckdb"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


# A build of few rows ends before Java's second compiler and a collector of many threads are worth their start.
SHORT_JAVA = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=512m -XX:+UseSerialGC"


def spark_environment(folder: Path) -> dict[str, str]:
    """Variables for a warehouse in `folder`, which the first command makes, and for a small Spark on this machine."""
    return clean_environment() | {
        "SYNTHEA_OMOP_TARGET": "spark",
        "SYNTHEA_OMOP_WAREHOUSE": str(folder / "warehouse"),
        "SYNTHEA_OMOP_SPARK_MASTER": "local[2]",
        "SYNTHEA_OMOP_SPARK_SHUFFLES": "4",
        "JDK_JAVA_OPTIONS": SHORT_JAVA,
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


@contextmanager
def postgres_environment(
    server: PostgresServer, folder: Path, template: str = "template0", name: str | None = None
) -> Iterator[dict[str, str]]:
    """Variables for a new database on `server`, a copy of `template`, which the context's end drops."""
    name = server.create_database(template, name)
    try:
        yield clean_environment() | server.environment(name) | {
            "SYNTHEA_OMOP_TARGET": "postgres",
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        }
    finally:
        server.drop_database(name)


def engine_of(environment: Mapping[str, str]) -> str:
    """`duckdb` or `postgres`."""
    return environment["SYNTHEA_OMOP_TARGET"]
