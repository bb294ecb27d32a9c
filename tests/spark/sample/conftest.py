"""The bundled sample on Spark and on DuckDB: built, and built again after a change. Each state is made once."""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.incremental.sample import FILES, OF_PATIENTS, OWNERS, VOCABULARY, Rows, State, all_rows, header, patient_id, rows_of
from tests.loader.command_line import query
from tests.spark.tables import both_tables, builds, built_files, published_files
from tests.spark.warehouse import Files
from tests.support.commands import synthea_omop
from tests.support.comparison import Table
from tests.support.environments import duckdb_environment, spark_environment

Environment = Mapping[str, str]
# With 16 patients three or four are in each.
BUCKETS = 5
CHANGED, CHANGED_LATER = "33d38102", "426d083d"


@dataclass(frozen=True)
class Engines:
    """The variables of both, and where files of the tests may lie."""

    spark: Environment
    duckdb: Environment
    folder: Path


@dataclass(frozen=True)
class Build:
    """The tables of both engines, Spark's files, those it gave to readers, and what the ledger says of the build."""

    duckdb: dict[str, Table]
    spark: dict[str, Table]
    files: Files
    published: Files
    outcome: str


@dataclass(frozen=True)
class Change:
    """The build after a patient has changed and all of a bucket are gone; the patients' persons were these before."""

    build: Build
    export: Path
    persons: Mapping[str, int]
    gone: int

    def bucket_of(self, person: str) -> int:
        """The bucket of a patient, of whose id the first characters are given."""
        return self.persons[patient_id(person)] % BUCKETS


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Engines:
    """Both without a database yet."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "duckdb").mkdir()
    spark = spark_environment(folder / "spark") | {"SYNTHEA_OMOP_SPARK_BUCKETS": str(BUCKETS)}
    return Engines(spark, duckdb_environment(folder / "duckdb"), folder)


@pytest.fixture(scope="session")
def first(engines: Engines) -> Build:
    """The sample, without tests."""
    for environment in (engines.spark, engines.duckdb):
        synthea_omop("run", "--vocabulary", str(VOCABULARY), "--no-tests", environment=environment)
    return _seen(engines)


@pytest.fixture(scope="session")
def change(engines: Engines, first: Build) -> Change:
    """The next snapshot; on Spark with the data tests, which look at what a change has left, and given to readers."""
    persons = dict(query(engines.duckdb, "select person_source_value, person_id from omop.person"))
    stay = {persons[patient_id(person)] % BUCKETS for person in (CHANGED, CHANGED_LATER)}
    gone = next(bucket for bucket in range(BUCKETS) if bucket not in stay)
    export = write_export(
        engines.folder / "second", [patient for patient, person in persons.items() if person % BUCKETS == gone],
        {CHANGED: rows_of(CHANGED, State.OTHER)},
    )
    synthea_omop("run", str(export), "--snapshot", "--publish", environment=engines.spark)
    synthea_omop("run", str(export), "--snapshot", "--no-tests", environment=engines.duckdb)
    return Change(_seen(engines), export, persons, gone)


def write_export(folder: Path, gone: Collection[str], others: Mapping[str, Rows]) -> Path:
    """The sample without some patients (ids), and others (beginnings of ids) with rows of their own."""
    folder.mkdir()
    left_out = {*gone, *map(patient_id, others)}
    for file in FILES:
        rows = all_rows(file)
        if file in OF_PATIENTS:
            rows = [row for row in rows if row[OWNERS.get(file, "PATIENT")] not in left_out]
            rows += [row for own in others.values() for row in own[file]]
        with (folder / f"{file}.csv").open("w", newline="", encoding="utf-8") as lines:
            writer = csv.DictWriter(lines, header(file), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def _seen(engines: Engines) -> Build:
    tables = both_tables(engines.spark, engines.duckdb, engines.folder)
    ((outcome,),) = builds(engines.spark, "select arg_max(outcome, build_id) from builds where outcome <> 'started'")
    return Build(*tables, built_files(engines.spark), published_files(engines.spark), outcome)
