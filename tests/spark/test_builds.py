"""What dbt builds on Spark: DuckDB's rows and ids, and after a change only the files of the buckets that it touches."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.incremental.sample import VOCABULARY, State
from tests.incremental.world import Export
from tests.spark.tables import both_tables, built_files
from tests.spark.warehouse import Files
from tests.support.commands import dbt, synthea_omop
from tests.support.comparison import Table, assert_same_tables
from tests.support.environments import duckdb_environment, spark_environment

pytestmark = pytest.mark.spark

Environment = Mapping[str, str]
BUCKETS = 3
# Numbers are handed out in the order of the ids: 1 and 4, 2 and 5, 3 and 6 share a bucket.
CHANGED, BESIDE = "33d38102", "8b509586"
LEFT_ALONE = ("426d083d", "c1b329a7")
REMOVED = ("8135c94a", "c299679c")
BUCKET_OF_CHANGED, BUCKET_LEFT_ALONE, BUCKET_OF_REMOVED = 1, 2, 0
FIRST, CHANGE, REFRESH = "the first build", "a build after a change", "a full refresh"
BUILDS = (FIRST, CHANGE, REFRESH)
TABLES = ("--resource-type", "seed", "--resource-type", "model")
# The data tests look at what a change has left.
OPTIONS = {FIRST: TABLES, CHANGE: ("--exclude-resource-type", "unit_test"), REFRESH: (*TABLES, "--full-refresh")}


@dataclass(frozen=True)
class Build:
    """The tables of both engines, and Spark's files."""

    duckdb: dict[str, Table]
    spark: dict[str, Table]
    files: Files


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Build]:
    """The same on both engines: six patients, then one of them changed and two gone, then all of it anew."""
    folder = tmp_path_factory.mktemp("builds")
    spark = spark_environment(folder / "spark") | {"SYNTHEA_OMOP_SPARK_BUCKETS": str(BUCKETS)}
    duckdb = duckdb_environment(folder / "duckdb")
    for environment in (spark, duckdb):
        Path(environment["DBT_TARGET_PATH"]).mkdir(parents=True)
        synthea_omop("vocabulary", str(VOCABULARY), environment=environment)
    everybody = dict.fromkeys((CHANGED, BESIDE, *LEFT_ALONE, *REMOVED), State.SAME)
    stay = {person: State.SAME for person in (BESIDE, *LEFT_ALONE)}
    exports = {
        FIRST: Export(everybody).write(folder / "first", 1),
        CHANGE: Export(stay | {CHANGED: State.OTHER}).write(folder / "second", 2),
    }
    found = {}
    for name in BUILDS:
        for environment in (spark, duckdb):
            if name in exports:
                synthea_omop("load", str(exports[name]), "--snapshot", environment=environment)
            dbt("build", "--selector", "cdm", *OPTIONS[name], environment=environment)
        found[name] = Build(*both_tables(spark, duckdb, folder), built_files(spark))
    return found


@pytest.mark.parametrize("name", BUILDS)
def test_rows_and_ids_are_those_of_duckdb(builds: dict[str, Build], name: str) -> None:
    assert_same_tables(builds[name].duckdb, builds[name].spark, ("duckdb", "spark"))


def test_a_build_after_a_change_equals_a_full_refresh(builds: dict[str, Build]) -> None:
    cdm = [{name: table for name, table in builds[build].spark.items() if name.startswith("omop.")}
           for build in (CHANGE, REFRESH)]
    assert_same_tables(*cdm, (CHANGE, REFRESH))


def test_only_buckets_of_changed_persons_are_written(builds: dict[str, Build]) -> None:
    before, after = (_of_bucket(builds[build].files, BUCKET_LEFT_ALONE) for build in (FIRST, CHANGE))
    assert before and before == after
    before, after = (_of_bucket(builds[build].files, BUCKET_OF_CHANGED) for build in (FIRST, CHANGE))
    assert before and after and not before.items() & after.items()


def test_a_bucket_whose_last_person_goes_is_emptied(builds: dict[str, Build]) -> None:
    assert _of_bucket(builds[FIRST].files, BUCKET_OF_REMOVED)
    assert _of_bucket(builds[CHANGE].files, BUCKET_OF_REMOVED) == {}


def _of_bucket(files: Files, bucket: int) -> Files:
    return {name: print_ for name, print_ in files.items() if re.search(rf"/person_bucket={bucket}/", name)}
