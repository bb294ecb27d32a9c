"""Real exports on Spark: every table of the CDM has DuckDB's rows and ids, the next year's export included."""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from tests.spark.tables import both_tables, built_files
from tests.spark.warehouse import Files, warehouse_of
from tests.support.commands import synthea_omop
from tests.support.comparison import assert_same_tables
from tests.support.environments import duckdb_environment, spark_environment

pytestmark = [pytest.mark.spark, pytest.mark.exports]

Environment = Mapping[str, str]
FIRST, NEXT = "v3.3.0_455", "v3.3.0_45_next"
# More buckets than patients of the next export, so that some hold none of them.
BUCKETS = "64"


def _environments(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    (folder / "duckdb").mkdir()
    return spark_environment(folder / "spark"), duckdb_environment(folder / "duckdb")


def _assert_same(spark: Environment, other: Environment, folder: Path) -> None:
    assert_same_tables(*both_tables(spark, other, folder), ("duckdb", "spark"))


def _run(environment: Environment, *arguments: str) -> None:
    synthea_omop("run", *arguments, "--no-tests", environment=environment)


def test_a_small_release_has_the_rows_of_duckdb(exports: Path, tmp_path: Path) -> None:
    spark, other = _environments(tmp_path)
    for environment in (spark, other):
        _run(environment, str(exports / "synthea" / "v3.0.0_27"), "--vocabulary", str(exports / "vocabulary"))
    _assert_same(spark, other, tmp_path)


def test_the_next_export_touches_only_the_buckets_of_its_patients(exports: Path, tmp_path: Path) -> None:
    spark, other = _environments(tmp_path)
    spark |= {"SYNTHEA_OMOP_SPARK_BUCKETS": BUCKETS}
    for environment in (spark, other):
        _run(environment, str(exports / "synthea" / FIRST), "--vocabulary", str(exports / "vocabulary"))
    _assert_same(spark, other, tmp_path)
    before = _partitions(built_files(spark))
    for environment in (spark, other):
        _run(environment, str(exports / "synthea" / NEXT))
    _assert_same(spark, other, tmp_path)
    after = _partitions(built_files(spark))
    touched = {_bucket(name) for name in before.keys() ^ after.keys()}
    assert touched == _buckets_of_changed_persons(spark) and len(touched) < int(BUCKETS)
    assert {name: file for name, file in before.items() if _bucket(name) not in touched} == {
        name: file for name, file in after.items() if _bucket(name) not in touched
    }
    for environment in (spark, other):
        _run(environment, "--full-refresh", str(exports / "synthea" / NEXT))
    _assert_same(spark, other, tmp_path)


def _buckets_of_changed_persons(environment: Environment) -> set[str]:
    files = warehouse_of(environment) / "intermediate.db" / "int_changes__persons" / "*.parquet"
    query = f"select distinct cast(person_id % {BUCKETS} as text) from read_parquet('{files}')"
    return {bucket for (bucket,) in duckdb.sql(query).fetchall()}


def _partitions(files: Files) -> Files:
    return {name: file for name, file in files.items() if "/person_bucket=" in name}


def _bucket(name: str) -> str:
    return name.partition("/person_bucket=")[2].partition("/")[0]
