"""The settings of one call: which database, where it is, how much memory it may take."""

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent
SAMPLE_DIR = PROJECT_DIR / "seeds" / "demo" / "synthea"
SAMPLE_VOCABULARY_DIR = PROJECT_DIR / "seeds" / "demo" / "vocabulary"
TARGETS = ("duckdb", "postgres", "spark")
WAREHOUSE = Path("synthea_omop_warehouse").absolute()


@dataclass(frozen=True)
class Settings:
    """`database` is the absolute path of the DuckDB file; PostgreSQL is found by the PG* variables.

    `workers` is how many sessions copy at once on PostgreSQL; DuckDB itself uses all cores. `lock_wait` is how many seconds
    a run waits there for what others hold, 0 for ever. `warehouse` is the absolute path of the folder that Spark reads, and
    `buckets` how many parts the patients are to be in there, if the user says so.
    """

    target: str
    database: Path
    memory_limit: str
    workers: int = os.cpu_count() or 1
    lock_wait: int = 60
    warehouse: Path = WAREHOUSE
    buckets: int | None = None
