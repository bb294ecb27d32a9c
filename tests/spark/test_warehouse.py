"""What a load leaves for Spark: the other engines' rows, in files of which only those of changed patients are new."""

import os
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from loader.databases import open_database
from loader.databases.published import PUBLISHED, buckets_for
from loader.load.raw_tables import RAW_TABLES
from loader.report.summary import count_rows
from loader.settings import SAMPLE_DIR, SAMPLE_VOCABULARY_DIR, Settings
from tests.loader.command_line import fail, succeed
from tests.loader.exports import ANN, BEN, condition, export, patient, write
from tests.spark.warehouse import files, seen, version, warehouse_of
from tests.support.environments import duckdb_environment

Environment = Mapping[str, str]
CAT = "c0000000-0000-0000-0000-000000000003"
# Another file in every state: they are small.
ALWAYS_NEW = {
    "etl/load_batch", "etl/load_file", "etl/rejected_row", "etl/person_buckets", "etl/rate_file", "etl/rejected_rate",
    "raw_synthea/alive", "raw_rates/alive",
}


def bucket_of(environment: Environment, patient_id: str) -> int:
    return seen(environment, f"select person_bucket from raw_synthea.patients where id = '{patient_id}'")[0][0]


def test_readers_see_what_the_other_engines_have(spark_environment: Environment, tmp_path: Path) -> None:
    other = duckdb_environment(tmp_path)
    for environment in (spark_environment, other):
        succeed(environment, "vocabulary", SAMPLE_VOCABULARY_DIR)
        succeed(environment, "load", SAMPLE_DIR)
    with duckdb.connect(other["SYNTHEA_OMOP_DATABASE"]) as connection:
        for table in PUBLISHED:
            if table.name in ("person_buckets", "load_batch", "load_file"):
                continue
            names = ", ".join(
                f'cast("{column.name}" as text)' if column.type == "uuid" else f'"{column.name}"'
                for column in table.columns
            )
            query = f"select {names} from {table.schema}.{table.name} order by all"
            assert seen(spark_environment, query) == connection.execute(query).fetchall(), table


def test_columns_have_types_that_spark_knows(spark_environment: Environment, tmp_path: Path) -> None:
    succeed(spark_environment, "load", export(tmp_path / "export", patient(ANN)))
    types = dict(seen(spark_environment, "select column_name, column_type from (describe raw_synthea.encounters)"))
    assert (types["id"], types["start"], types["base_encounter_cost"]) == ("VARCHAR", "TIMESTAMP", "DECIMAL(18,2)")
    every = {kind for (kind,) in seen(spark_environment, "select distinct data_type from information_schema.columns")}
    assert not {"UUID", "TIMESTAMP WITH TIME ZONE", "HUGEINT"} & every


def test_a_warehouse_without_rows_has_every_table(spark_environment: Environment) -> None:
    fail(spark_environment, "status")
    succeed(spark_environment, "vocabulary", SAMPLE_VOCABULARY_DIR)
    for table in PUBLISHED:
        columns = [name for name, *_ in seen(spark_environment, f"describe {table.schema}.{table.name}")]
        assert set(columns) - {"person_bucket"} == {column.name for column in table.columns}, table
    assert seen(spark_environment, "select count(*) from raw_synthea.patients") == [(0,)]
    assert seen(spark_environment, "select * from etl.person_buckets") == []


def test_only_buckets_of_changed_patients_get_new_files(spark_environment: Environment, tmp_path: Path) -> None:
    everybody = (patient(ANN), patient(BEN), patient(CAT))
    rows = tuple(condition(one, "1") for one in (ANN, BEN, CAT))
    succeed(spark_environment, "vocabulary", SAMPLE_VOCABULARY_DIR)
    succeed(spark_environment, "load", "--buckets", 64, export(tmp_path / "first", *everybody, conditions=rows))
    buckets = {one: bucket_of(spark_environment, one) for one in (ANN, BEN, CAT)}
    assert len(set(buckets.values())) == 3
    before = files(spark_environment)

    succeed(spark_environment, "load", export(tmp_path / "next", patient(BEN), conditions=(condition(BEN, "2"),)))
    after = files(spark_environment)
    others = {
        name for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) and str(Path(name).parent) not in ALWAYS_NEW
    }
    new_changes = {name for name in others if name.startswith("etl/patient_change/")}
    assert len(new_changes) == 1 and not new_changes & before.keys()
    # The clinic counts its encounters.
    of_persons = {Path(name).parts for name in others - new_changes if "/organizations/" not in name}
    assert {bucket for _, _, bucket, _ in of_persons} == {f"person_bucket={buckets[BEN]}"}
    assert {table for _, table, _, _ in of_persons} == {"patients", "encounters", "conditions"}
    codes = "select patient, code from raw_synthea.conditions order by 1"
    assert seen(spark_environment, codes) == [(ANN, "1"), (BEN, "2"), (CAT, "1")]


def test_a_patient_who_is_gone_takes_no_others_along(spark_environment: Environment, tmp_path: Path) -> None:
    succeed(spark_environment, "load", "--buckets", 1, export(tmp_path / "first", patient(ANN), patient(BEN)))
    succeed(spark_environment, "load", "--snapshot", export(tmp_path / "next", patient(BEN)))
    assert seen(spark_environment, "select id from raw_synthea.patients") == [(BEN,)]
    succeed(spark_environment, "load", "--snapshot", export(tmp_path / "last", patient(CAT)))
    assert seen(spark_environment, "select id, person_bucket from raw_synthea.patients") == [(CAT, 0)]


def test_rows_that_belong_to_nobody_are_seen(spark_environment: Environment, tmp_path: Path) -> None:
    succeed(spark_environment, "load", export(tmp_path / "first", patient(ANN), conditions=(condition("", "1"),)))
    succeed(spark_environment, "load", export(tmp_path / "next", patient(ANN), conditions=(condition("", "2"),)))
    nobodys = seen(spark_environment, "select code, person_bucket from raw_synthea.conditions")
    assert nobodys == [("2", 0)]


def test_rows_that_come_before_their_patients_get_into_their_buckets(
    spark_environment: Environment, tmp_path: Path
) -> None:
    rows = tuple(condition(one, "1") for one in (ANN, BEN, CAT))
    succeed(spark_environment, "load", export(tmp_path / "first", conditions=rows))
    assert seen(spark_environment, "select distinct person_bucket from raw_synthea.conditions") == [(0,)]
    succeed(spark_environment, "load", "--buckets", 64, export(tmp_path / "next", patient(ANN), conditions=rows[:1]))
    found = seen(spark_environment, "select patient, person_bucket from raw_synthea.conditions order by 1")
    assert [one for one, _ in found] == [ANN, BEN, CAT]
    assert len({bucket for _, bucket in found}) == 3


def test_another_vocabulary_leaves_the_files_of_patients_alone(spark_environment: Environment, tmp_path: Path) -> None:
    succeed(spark_environment, "load", export(tmp_path / "export", patient(ANN)))
    before = files(spark_environment)
    succeed(spark_environment, "vocabulary", SAMPLE_VOCABULARY_DIR)
    after = files(spark_environment)
    same = {name for name in before if name.startswith("raw_synthea/") and "alive" not in name}
    assert same and {name: after.get(name) for name in same} == {name: before[name] for name in same}
    assert seen(spark_environment, "select count(*) > 0 from raw_vocabulary.concept") == [(True,)]
    assert seen(spark_environment, "select change from etl.patient_change order by change_id") == [
        ("new",), ("vocabulary",)
    ]


def test_what_is_loaded_already_makes_no_state(spark_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path / "export", patient(ANN))
    succeed(spark_environment, "load", folder)
    before, state = files(spark_environment), version(spark_environment)
    assert "nothing to do" in succeed(spark_environment, "load", folder)
    assert "Batches" in succeed(spark_environment, "status")
    assert (files(spark_environment), version(spark_environment)) == (before, state)


def test_a_load_that_is_refused_changes_nothing_that_readers_see(
    spark_environment: Environment, tmp_path: Path
) -> None:
    succeed(spark_environment, "load", export(tmp_path / "first", patient(ANN)))
    before, state = files(spark_environment), version(spark_environment)
    bad = export(tmp_path / "next", patient(ANN, first="Anna"), patient(BEN, birthdate="yesterday"))
    fail(spark_environment, "load", bad)
    assert (files(spark_environment), version(spark_environment)) == (before, state)
    succeed(spark_environment, "load", "--max-rejects", 1, bad)
    assert seen(spark_environment, "select first from raw_synthea.patients") == [("Anna",)]
    assert seen(spark_environment, "select value from etl.rejected_row") == [("yesterday",)]


def test_readers_of_the_former_state_can_come_to_their_end(spark_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path / "export", patient(ANN))
    succeed(spark_environment, "load", folder)
    former = (warehouse_of(spark_environment) / "current").resolve()
    for number, name in enumerate(("Anna", "Annie", "Anne"), start=1):
        succeed(spark_environment, "load", export(tmp_path / name, patient(ANN, first=name)))
        assert former.exists() == (number < 2)
    assert len(list((warehouse_of(spark_environment) / "snapshots").iterdir())) == 2


def test_a_file_system_without_links_gets_copies(
    spark_environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*paths: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    succeed(spark_environment, "load", "--buckets", 64, export(tmp_path / "first", patient(ANN), patient(BEN)))
    before = files(spark_environment)
    succeed(spark_environment, "load", export(tmp_path / "next", patient(BEN, first="Ben")))
    name = next(name for name in before if f"patients/person_bucket={bucket_of(spark_environment, ANN)}/" in name)
    assert files(spark_environment)[name][1] == before[name][1]
    assert seen(spark_environment, "select first from raw_synthea.patients order by id") == [("Ann",), ("Ben",)]


@pytest.mark.parametrize(
    ("patients", "buckets"),
    [(1, 8), (8192, 8), (8193, 16), (27_000, 32), (1_000_000, 1024), (100_000_000, 4096)],
)
def test_buckets_follow_the_patients(patients: int, buckets: int) -> None:
    assert buckets_for(patients) == buckets


def test_the_number_of_buckets_stays(spark_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path / "export", patient(ANN))
    environment = {**spark_environment, "SYNTHEA_OMOP_SPARK_BUCKETS": "3"}
    succeed(environment, "load", folder)
    assert seen(environment, "select buckets from etl.person_buckets") == [(3,)]
    assert "are in 3 buckets" in fail(spark_environment, "load", "--buckets", 4, folder)
    assert "nothing to do" in succeed(spark_environment, "load", folder)


def test_every_row_lies_in_the_bucket_of_its_patient(spark_environment: Environment) -> None:
    succeed(spark_environment, "load", SAMPLE_DIR)
    for name, raw in RAW_TABLES.items():
        if raw.patient_column and name != "patients":
            strangers = seen(
                spark_environment,
                f"select count(*) from raw_synthea.{name} as event join raw_synthea.patients as patient"
                f" on event.{raw.patient_column} = patient.id where event.person_bucket <> patient.person_bucket",
            )
            assert strangers == [(0,)], name
    assert len(seen(spark_environment, "select distinct person_bucket from raw_synthea.patients")) > 4


def test_columns_of_a_release_that_came_later_are_where_they_belong(
    spark_environment: Environment, tmp_path: Path
) -> None:
    folder = export(tmp_path / "export", patient(ANN), suffix=".csv.gz")
    header = "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,UDI"
    write(folder / "devices.csv", header, f"2020-01-01T00:00:00Z,,{ANN},,1,A,u")
    succeed(spark_environment, "load", folder)
    assert seen(spark_environment, "select udi, file_name from raw_synthea.devices") == [("u", "devices.csv")]


def test_what_spark_has_not_is_refused(spark_environment: Environment) -> None:
    fail(spark_environment, "run", "--tune")
    assert not warehouse_of(spark_environment).exists()


def test_a_machine_without_spark_says_how_to_get_it(
    spark_environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loader.build.find_spec", lambda name: None)
    assert "pip install -e '.[spark]'" in fail(spark_environment, "run")
    assert not warehouse_of(spark_environment).exists()


def test_a_table_without_rows_is_in_the_summary(spark_environment: Environment) -> None:
    succeed(spark_environment, "load", SAMPLE_DIR)
    cdm = warehouse_of(spark_environment) / "omop.db"
    for folder in ("specimen", "note__dbt_new", "person/person_bucket=1"):
        (cdm / folder).mkdir(parents=True)
    duckdb.sql("select 1 as person_id").write_parquet(str(cdm / "person" / "person_bucket=1" / "part-0.parquet"))
    warehouse = warehouse_of(spark_environment)
    with open_database(Settings("spark", warehouse / "none.duckdb", "1GB", warehouse=warehouse)) as database:
        assert count_rows(database) == [("person", 1, None), ("specimen", 0, None)]
