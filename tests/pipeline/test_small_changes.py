"""Builds after small and after large changes: the same rows as a full refresh, and what PostgreSQL keeps in place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.loads import change_patients, chosen_patients
from tests.loader.command_line import connect_to_postgres, query, succeed
from tests.support.commands import at_once, dbt, synthea_omop
from tests.support.comparison import Table, assert_same_tables, reading, snapshot
from tests.support.environments import ENGINES, REPOSITORY, duckdb_environment, postgres_environment
from tests.support.keys import Keys, keys_of
from tests.support.postgres_server import PostgresServer

DEMO = REPOSITORY / "seeds" / "demo"
# Of 16 patients one is more than a small change by default.
SMALL, LARGE = "{small_change: 0.9}", "{small_change: 0}"
CONSTRAINTS = """
    select constraints.conrelid::regclass::text, constraints.conname, constraints.oid
    from pg_catalog.pg_constraint as constraints
    inner join pg_catalog.pg_namespace as namespaces on constraints.connamespace = namespaces.oid
    where namespaces.nspname = 'omop' and constraints.conrelid::regclass::text <> 'omop.cdm_source'
    order by 1, 2"""
INDEXES = """
    select indexrelid::regclass::text, indexrelid from pg_catalog.pg_index
    where indrelid::regclass::text like 'omop.%' order by 1"""
# Versions of rows: who did not change has the same row as before, not one like it.
ROWS = """
    select person_id, visit_occurrence_id, cast(cast(xmin as text) as bigint) as version
    from omop.visit_occurrence order by 2"""
FIRST, AFTER_SMALL, AFTER_LARGE, REFRESHED = range(4)


@dataclass(frozen=True)
class State:
    """What a build left. `places` are constraints and indexes by their oids, `rows` the versions of the visits."""

    tables: Mapping[str, Table]
    keys: Keys
    places: list[tuple]
    rows: list[tuple]


@pytest.fixture(scope="module")
def environments(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Mapping[str, str]]]:
    with postgres_environment(postgres_server, tmp_path_factory.mktemp("postgres")) as postgres:
        yield {"duckdb": duckdb_environment(tmp_path_factory.mktemp("duckdb")), "postgres": postgres}


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with one patient changed, a clinic at another address, and a provider gone."""
    out = tmp_path_factory.mktemp("exports") / "changed"
    change_patients(DEMO / "synthea", out, 1 / 16)
    clinics = (out / "organizations.csv").read_text().splitlines(keepends=True)
    address = clinics[0].split(",").index("ADDRESS")
    moved = clinics[1].split(",")
    moved[address] = "1 ANOTHER STREET"
    (out / "organizations.csv").write_text("".join([clinics[0], ",".join(moved), *clinics[2:]]))
    providers = (out / "providers.csv").read_text().splitlines(keepends=True)
    (out / "providers.csv").write_text("".join([providers[0], *providers[2:]]))
    return out


@pytest.fixture(scope="module")
def histories(environments: dict[str, Mapping[str, str]], changed: Path) -> dict[str, list[State]]:
    """Engine -> the states after the sample, after the changed sample, after the sample again, and after a refresh."""
    return dict(zip(ENGINES, at_once(lambda engine: _history(environments[engine], changed), ENGINES), strict=True))


def _history(environment: Mapping[str, str], changed: Path) -> list[State]:
    synthea_omop("vocabulary", str(DEMO / "vocabulary"), environment=environment)
    states = []
    for export, options in (
        (DEMO / "synthea", ()), (changed, ("--vars", SMALL)), (DEMO / "synthea", ("--vars", LARGE)),
        (DEMO / "synthea", ("--full-refresh",)),
    ):
        synthea_omop("load", str(export), "--snapshot", environment=environment)
        states.append(_built(environment, *options))
    return states


def _built(environment: Mapping[str, str], *options: str) -> State:
    dbt("build", "--resource-type", "seed", "--resource-type", "model", *options, environment=environment)
    with reading(environment) as reader:
        is_postgres = reader.is_postgres
        keys = keys_of(reader)
        places = [*reader.query(CONSTRAINTS), *reader.query(INDEXES)] if is_postgres else []
        rows = list(reader.query(ROWS)) if is_postgres else []
    return State(snapshot(environment), keys, places, rows)


@pytest.mark.parametrize("build", [FIRST, AFTER_SMALL, AFTER_LARGE, REFRESHED])
def test_both_engines_build_the_same_rows(histories: dict[str, list[State]], build: int) -> None:
    assert_same_tables(*(histories[engine][build].tables for engine in ENGINES), ENGINES)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_large_change_and_a_full_refresh_give_the_same_rows(histories: dict[str, list[State]], engine: str) -> None:
    large, refreshed = histories[engine][AFTER_LARGE].tables, histories[engine][REFRESHED].tables
    assert_same_tables(large, refreshed, ("after a large change", "refreshed"))


def test_after_a_small_change_every_key_and_index_is_the_one_that_was_there(histories: dict[str, list[State]]) -> None:
    first, small, large, _ = histories["postgres"]
    assert small.places == first.places
    assert set(large.places).isdisjoint({place for place in small.places if "measurement" in place[0]})
    assert first.keys == small.keys == large.keys


def test_rows_of_persons_that_did_not_change_are_not_touched(
    histories: dict[str, list[State]], environments: dict[str, Mapping[str, str]], changed: Path
) -> None:
    first, small = (set(histories["postgres"][build].rows) for build in (FIRST, AFTER_SMALL))
    replaced = query(
        environments["postgres"],
        "select distinct keys.person_id from etl.patient_change inner join intermediate.int_keys__persons as keys"
        " on patient_change.patient_id = keys.patient_id where batch_id = 3",
    )
    assert {row[0] for row in first ^ small} == {person for (person,) in replaced}
    assert len(replaced) < 16 and len(chosen_patients(DEMO / "synthea", 1 / 16)) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_the_ledger_says_what_each_build_was_about(
    histories: dict[str, list[State]], environments: dict[str, Mapping[str, str]], engine: str
) -> None:
    builds = query(
        environments[engine],
        "select outcome, full_refresh, is_small, first_batch_id, last_batch_id, patients, models > 100, rows,"
        " seconds > 0 from etl.build where finished_at is not null order by build_id",
    )
    changed = builds[1][5]
    assert [row[:7] for row in builds] == [
        ("untested", False, False, 2, 2, 16, True), ("untested", False, True, 3, 3, changed, True),
        ("untested", False, False, 4, 4, changed, True), ("untested", True, False, 4, 4, 16, True),
    ]
    assert builds[0][7] > builds[1][7] > 0 and builds[0][7] == builds[3][7]
    output = [" ".join(line.split()) for line in succeed(environments[engine], "status").splitlines()]
    (line,) = [line for line in output if line.startswith("1 untested")]
    assert f" 2 16 {query(environments[engine], 'select max(models) from etl.build')[0][0]} {builds[0][7]:,} no " in line


def test_what_an_analyst_wrote_does_not_stand_in_the_way(
    histories: dict[str, list[State]], environments: dict[str, Mapping[str, str]], changed: Path
) -> None:
    """A note refers to a visit of a person who changes; its key is off while the visit is replaced."""
    environment = environments["postgres"]
    with connect_to_postgres(environment) as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into omop.note (note_id, person_id, note_date, note_type_concept_id, note_class_concept_id,"
            " note_text, encoding_concept_id, language_concept_id, visit_occurrence_id)"
            " select 1, person_id, current_date, 0, 0, '', 0, 0, min(visit_occurrence_id)"
            " from omop.visit_occurrence where person_id = (select person_id from intermediate.int_keys__persons"
            " where cast(patient_id as text) = %s) group by person_id",
            (min(chosen_patients(DEMO / "synthea", 1 / 16)),),
        )
        assert cursor.rowcount == 1
    connection.close()
    synthea_omop("load", str(changed), environment=environment)
    state = _built(environment, "--vars", SMALL)
    assert state.keys.foreign == histories["postgres"][FIRST].keys.foreign


def test_a_run_vacuums_where_many_rows_are_dead(
    histories: dict[str, list[State]], environments: dict[str, Mapping[str, str]]
) -> None:
    environment = environments["postgres"]
    with connect_to_postgres(environment) as connection, connection.cursor() as cursor:
        # Else autovacuum, which looks once a minute, may have been there before.
        cursor.execute("alter table omop.measurement set (autovacuum_enabled = false)")
        cursor.execute("update omop.measurement set measurement_source_value = measurement_source_value")
    connection.close()
    succeed(environment, "run", DEMO / "synthea", "--no-tests", "--vocabulary", DEMO / "vocabulary")
    ((vacuums,),) = query(
        environment, "select vacuum_count from pg_catalog.pg_stat_user_tables where relname = 'measurement'"
        " and schemaname = 'omop'"
    )
    assert vacuums == 1
