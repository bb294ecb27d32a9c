"""`run` on Spark: DuckDB's rows and ids, only the buckets of changed patients anew, and what a killed build leaves."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping

import duckdb
import pytest

from tests.incremental.sample import State, rows_of
from tests.loader.command_line import Rows
from tests.spark.sample.conftest import BUCKETS, CHANGED, CHANGED_LATER, Build, Change, Engines, write_export
from tests.spark.tables import both_tables, builds, built_files, published_files
from tests.spark.warehouse import Files, warehouse_of
from tests.support.commands import dbt, synthea_omop, synthea_omop_command
from tests.support.comparison import assert_same_tables

Environment = Mapping[str, str]
BEGUN = "select count(*) from builds where outcome = 'started'"
# Of a build on this machine these are some models of the first third.
SECONDS_UNTIL_KILLED = 10
pytestmark = pytest.mark.spark


def test_the_sample_has_the_rows_and_ids_of_duckdb(first: Build) -> None:
    assert_same_tables(first.duckdb, first.spark, ("duckdb", "spark"))
    assert sum(bool(table.rows) for name, table in first.duckdb.items() if name.startswith("omop.")) > 15
    assert first.outcome == "untested"


def test_a_changed_sample_has_them_too_and_passes_its_tests(change: Change) -> None:
    assert_same_tables(change.build.duckdb, change.build.spark, ("duckdb", "spark"))
    assert change.build.outcome == "done"


def test_only_buckets_of_changed_persons_are_written(first: Build, change: Change) -> None:
    before, after = (_by_bucket(build.files) for build in (first, change.build))
    assert set(before) == set(range(BUCKETS))
    assert not before[change.bucket_of(CHANGED)].items() & after[change.bucket_of(CHANGED)].items()
    left_alone = set(before) - {change.bucket_of(CHANGED), change.gone}
    assert left_alone and {bucket: before[bucket] for bucket in left_alone} == {
        bucket: after[bucket] for bucket in left_alone
    }


def test_a_bucket_whose_last_person_goes_is_emptied(first: Build, change: Change) -> None:
    assert _by_bucket(first.files)[change.gone] and change.gone not in _by_bucket(change.build.files)


def test_readers_have_the_tables_that_were_published(first: Build, change: Change) -> None:
    assert not first.published
    assert change.build.published == _of_readers(change.build.files)
    tables = {name.split("/")[1] for name in change.build.published}
    # The vocabulary lies where the loader has written it, for both.
    assert tables >= {"person", "measurement", "dqd_results", "row_accounting"}


def test_spark_knows_what_was_published(engines: Engines, change: Change) -> None:
    counts = " union all ".join(
        f"select '{name}' as name, count(*) as rows from omop{suffix}.{name.removesuffix(suffix)}"
        for suffix in ("", "_published") for name in (f"person{suffix}", f"measurement{suffix}", f"concept{suffix}")
    )
    shown = dbt("--quiet", "show", "--inline", counts, "--limit", "-1", "--output", "json", environment=engines.spark)
    rows = {row["name"]: row["rows"] for row in json.loads(shown[shown.index("{"):])["show"]}
    assert len(rows) == 6 and all(rows.values())
    assert all(rows[name] == rows[f"{name}_published"] for name in rows if not name.endswith("_published"))


def test_a_killed_build_is_made_up_for_and_leaves_other_buckets_alone(engines: Engines, change: Change) -> None:
    spark = engines.spark
    assert "nothing to do" in synthea_omop("run", str(change.export), environment=spark)
    before, former = _by_bucket(built_files(spark)), _persons(spark)
    published = published_files(spark)
    rows = rows_of(CHANGED_LATER, State.SAME)
    export = write_export(
        engines.folder / "third",
        [patient for patient, person in change.persons.items() if person % BUCKETS == change.gone],
        {CHANGED: rows_of(CHANGED, State.OTHER), CHANGED_LATER: {**rows, "conditions": rows["conditions"][1:]}},
    )

    begun = builds(spark, BEGUN)
    # A session of its own: dbt and its Java are killed with the loader.
    with subprocess.Popen(
        synthea_omop_command("run", str(export), "--no-tests", "--publish"), env=dict(spark), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:
        while builds(spark, BEGUN) == begun:
            assert process.poll() is None, "the build ended before it was killed"
            time.sleep(0.5)
        time.sleep(SECONDS_UNTIL_KILLED)
        os.killpg(process.pid, signal.SIGKILL)
    assert _persons(spark) == former
    assert published and published_files(spark) == published
    assert "did not come to its end" in synthea_omop("status", environment=spark)

    synthea_omop("run", str(export), "--no-tests", "--publish", environment=spark)
    synthea_omop("run", str(export), "--no-tests", environment=engines.duckdb)
    assert_same_tables(*both_tables(spark, engines.duckdb, engines.folder), ("duckdb", "spark"))
    files = built_files(spark)
    assert published_files(spark) == _of_readers(files)
    after = _by_bucket(files)
    assert {bucket for bucket in before if before[bucket] != after[bucket]} == {change.bucket_of(CHANGED_LATER)}


def _of_readers(files: Files) -> Files:
    return {name: file for name, file in files.items() if name.startswith(("omop.db/", "quality.db/"))}


def _persons(environment: Environment) -> Rows:
    """Spark looks into no folder that begins with a dash: what a killed build was writing."""
    files = warehouse_of(environment) / "omop.db" / "person" / "person_bucket=*" / "[!._]*.parquet"
    return duckdb.sql(f"select person_id, person_source_value from read_parquet('{files}') order by 1").fetchall()


def _by_bucket(files: Files) -> dict[int, Files]:
    """The files of persons by their bucket."""
    found: dict[int, Files] = {}
    for name, file in files.items():
        if bucket := re.search(r"/person_bucket=(\d+)/", name):
            found.setdefault(int(bucket[1]), {})[name] = file
    return found
