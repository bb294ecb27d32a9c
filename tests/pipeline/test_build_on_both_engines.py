"""The bundled sample, built again and again on each engine: the rows and their ids stay what they are."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.support import lineage
from tests.support.commands import CommandFailedError, at_once, dbt, synthea_omop
from tests.support.comparison import Table, assert_same_tables, reading, snapshot
from tests.support.environments import ENGINES, REPOSITORY, duckdb_environment, postgres_environment
from tests.support.postgres_server import PostgresServer

ANALYSES = sorted(path.stem for path in (REPOSITORY / "analyses").glob("*.sql"))
DEMO = REPOSITORY / "seeds" / "demo"
FIRST = "the first build"
AGAIN = "a second build with nothing new"
RELOADED = "a build after the same export was loaded again"
REFRESHED = "a full refresh"
BUILDS = (FIRST, AGAIN, RELOADED, REFRESHED)


@dataclass(frozen=True)
class Build:
    """What dbt printed, the tables it left, and how many persons it replaced."""

    output: str
    tables: Mapping[str, Table]
    persons_replaced: int


@pytest.fixture(scope="module")
def environments(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Mapping[str, str]]]:
    """Engine -> variables that lead to its database."""
    with postgres_environment(postgres_server, tmp_path_factory.mktemp("postgres")) as postgres:
        yield {"duckdb": duckdb_environment(tmp_path_factory.mktemp("duckdb")), "postgres": postgres}


@pytest.fixture(scope="module")
def histories(environments: dict[str, Mapping[str, str]]) -> dict[str, dict[str, Build]]:
    """Engine -> name of the build -> build. Data tests and unit tests run, and must pass, each time."""
    return dict(zip(ENGINES, at_once(_history, [environments[engine] for engine in ENGINES]), strict=True))


def _history(environment: Mapping[str, str]) -> dict[str, Build]:
    synthea_omop("vocabulary", str(DEMO / "vocabulary"), environment=environment)
    builds = {}
    for name in BUILDS:
        if name in (FIRST, RELOADED):
            synthea_omop("load", str(DEMO / "synthea"), environment=environment)
        options = ["--full-refresh"] if name == REFRESHED else []
        output = dbt("--no-partial-parse", "build", *options, environment=environment)
        with reading(environment) as reader:
            ((persons_replaced,),) = reader.query("select count(*) from intermediate.int_changes__persons")
        builds[name] = Build(output, snapshot(environment), persons_replaced)
    return builds


@pytest.mark.parametrize("build", BUILDS)
def test_both_engines_build_the_same_rows_with_the_same_ids(
    histories: dict[str, dict[str, Build]], build: str
) -> None:
    duckdb, postgres = (histories[engine][build].tables for engine in ENGINES)
    assert_same_tables(duckdb, postgres, ENGINES)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("later", BUILDS[1:])
def test_a_later_build_of_the_same_data_gives_the_same_rows(
    histories: dict[str, dict[str, Build]], engine: str, later: str
) -> None:
    first = histories[engine][FIRST].tables
    assert_same_tables(first, histories[engine][later].tables, (FIRST, later))


@pytest.mark.parametrize("engine", ENGINES)
def test_what_one_build_consumed_the_next_leaves_alone(
    histories: dict[str, dict[str, Build]], engine: str
) -> None:
    history = histories[engine]
    everybody = len(list(history[FIRST].tables["omop.person"].rows))
    assert [history[build].persons_replaced for build in (FIRST, AGAIN, REFRESHED)] == [everybody, 0, everybody]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("build", BUILDS)
def test_every_build_runs_unit_tests_and_data_tests_and_skips_nothing(
    histories: dict[str, dict[str, Build]], engine: str, build: str
) -> None:
    output = histories[engine][build].output
    assert "unit test" in output and "data test" in output
    assert "ERROR=0 SKIP=0" in output


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_build_is_refused_where_there_is_data(
    histories: dict[str, dict[str, Build]], environments: dict[str, Mapping[str, str]], engine: str
) -> None:
    with pytest.raises(CommandFailedError, match="--empty would empty a CDM"):
        dbt("build", "--empty", environment=environments[engine])
    assert_same_tables(histories[engine][REFRESHED].tables, snapshot(environments[engine]), (REFRESHED, "afterwards"))


@pytest.mark.parametrize("table", ["person", "visit_occurrence", "measurement", "cost", "drug_era", "payer_plan_period"])
def test_the_sample_fills_the_tables_that_people_look_at_first(
    histories: dict[str, dict[str, Build]], table: str
) -> None:
    assert list(histories["duckdb"][FIRST].tables[f"omop.{table}"].rows)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("analysis", ANALYSES)
def test_every_analysis_answers_its_question(
    histories: dict[str, dict[str, Build]], environments: dict[str, Mapping[str, str]], engine: str, analysis: str
) -> None:
    output = dbt("show", "--select", analysis, "--output", "json", environment=environments[engine])
    assert json.loads(output[output.index("\n{") :])["show"]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_row_of_the_cdm_leads_to_a_row_of_a_file(
    histories: dict[str, dict[str, Build]], environments: dict[str, Mapping[str, str]], engine: str
) -> None:
    with reading(environments[engine]) as reader:
        tables = lineage.tables_with_rows(reader)
        lost = {table: lineage.rows_without_lineage(reader, table) for table in tables}
        absent = {file: lineage.rows_not_in_file(reader, file) for file in lineage.NATURAL_KEYS}
        different = {
            (table, file): lineage.rows_with_other_values(reader, table, file, condition)
            for table, file, condition in lineage.SAME_VALUES
        }
    assert len(tables) > 15
    assert {table: count for table, count in lost.items() if count} == {}
    assert {file: rows for file, rows in absent.items() if rows} == {}
    assert {key: count for key, count in different.items() if count} == {}
