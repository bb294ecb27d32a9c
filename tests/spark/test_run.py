"""`run` on a small Spark: DuckDB's rows and ids, buckets of changed patients, what a killed build leaves."""

import csv
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from loader.settings import SAMPLE_DIR, SAMPLE_VOCABULARY_DIR
from tests.loader.command_line import Rows, query
from tests.spark.tables import built_files
from tests.spark.warehouse import Files, warehouse_of
from tests.support.commands import synthea_omop, synthea_omop_command
from tests.support.environments import duckdb_environment, spark_environment

Environment = Mapping[str, str]
BUCKETS, CDM = 32, "omop.db/"
pytestmark = pytest.mark.spark


def built(environment: Environment, sql: str) -> Rows:
    """The rows of a query on what Spark has built, asked of the CDM's files."""
    with duckdb.connect() as connection:
        for folder in sorted(warehouse_of(environment).glob("omop.db/*")):
            # Spark looks into no folder that begins with a dash: what a killed build was writing.
            depth = "person_bucket=*/" if next(folder.glob("person_bucket=*"), None) else ""
            if next(folder.glob(f"{depth}[!._]*.parquet"), None):
                connection.execute("create schema if not exists omop")
                connection.execute(
                    f"create view omop.{folder.name} as select * from"
                    f" read_parquet('{folder}/{depth}[!._]*.parquet', hive_partitioning = true)"
                )
        return connection.execute(sql).fetchall()


def files(environment: Environment) -> Files:
    """The files of the CDM's tables, each with what says whether it is another one."""
    return {name.removeprefix(CDM): file for name, file in built_files(environment).items() if name.startswith(CDM)}


def assert_same_cdm(spark: Environment, other: Environment) -> None:
    tables = query(
        other, "select table_name from information_schema.tables where table_schema = 'omop'"
        " and table_type = 'BASE TABLE' and table_name <> 'cdm_source' order by 1"
    )
    filled = 0
    for (table,) in tables:
        names = [f'"{name}"' for (name,) in query(
            other, f"select column_name from information_schema.columns where table_schema = 'omop'"
            f" and table_name = '{table}' order by ordinal_position"
        )]
        sql = f"select {', '.join(names)} from omop.{table} order by all"
        if expected := query(other, sql):
            assert built(spark, sql) == expected, table
            filled += 1
    assert filled > 15


def run(*environments: Environment, folder: Path = SAMPLE_DIR) -> list[str]:
    return [
        synthea_omop(
            "run", str(folder), "--vocabulary", str(SAMPLE_VOCABULARY_DIR), "--no-tests", environment=environment
        )
        for environment in environments
    ]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Environment, Environment]]:
    """The sample's CDM, built on Spark and on DuckDB."""
    folder = tmp_path_factory.mktemp("engines")
    spark = spark_environment(folder) | {"SYNTHEA_OMOP_SPARK_BUCKETS": str(BUCKETS)}
    other = duckdb_environment(folder) | {
        "DBT_TARGET_PATH": str(folder / "duckdb_target"), "DBT_LOG_PATH": str(folder / "duckdb_logs")
    }
    run(spark, other)
    yield spark, other


@pytest.fixture
def without_a_condition(tmp_path: Path) -> tuple[Path, str]:
    """The sample, of which one patient has lost a condition; and who that is."""
    folder = shutil.copytree(SAMPLE_DIR, tmp_path / "next")
    path = folder / "conditions.csv"
    header, first, *others = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, *others]) + "\n", encoding="utf-8")
    return folder, next(csv.DictReader([header, first]))["PATIENT"]


def test_the_cdm_has_the_rows_and_ids_of_duckdb(engines: tuple[Environment, Environment]) -> None:
    assert_same_cdm(*engines)
    spark, _ = engines
    assert "untested" in synthea_omop("status", environment=spark)


def test_a_killed_build_is_made_up_for_and_leaves_other_buckets_alone(
    engines: tuple[Environment, Environment], without_a_condition: tuple[Path, str]
) -> None:
    spark, other = engines
    folder, patient = without_a_condition
    assert "nothing to do" in run(spark)[0]
    before = files(spark)
    persons = "select person_id, person_source_value from omop.person order by 1"
    former = built(spark, persons)

    started = "select count(*) from read_parquet('{}/etl/build/[!._]*.parquet') where outcome = 'started'"
    builds = duckdb.sql(started.format(warehouse_of(spark))).fetchall()
    # A session of its own: dbt and its Java are killed with the loader.
    with subprocess.Popen(
        synthea_omop_command("run", str(folder), "--no-tests"), env=dict(spark), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:
        while duckdb.sql(started.format(warehouse_of(spark))).fetchall() == builds:
            assert process.poll() is None, "the build ended before it was killed"
            time.sleep(0.5)
        time.sleep(10)
        os.killpg(process.pid, signal.SIGKILL)
    assert built(spark, persons) == former
    assert "did not come to its end" in synthea_omop("status", environment=spark)

    run(spark, other, folder=folder)
    assert_same_cdm(spark, other)
    [person_id] = [person_id for person_id, source in former if source == patient]
    after = files(spark)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    buckets = {Path(name).parts[1] for name in changed if "person_bucket=" in name}
    assert buckets == {f"person_bucket={person_id % BUCKETS}"}
