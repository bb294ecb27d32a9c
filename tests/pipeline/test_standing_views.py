"""`run` on a built CDM: views and seeds that stand are left alone, what is missing is made, and the rows are the same; into
a database of another name it need not parse; `dbt run` by hand goes on from there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.loads import change_patients
from tests.loader.command_line import execute, query
from tests.support.commands import at_once, dbt, synthea_omop
from tests.support.comparison import Table, assert_same_tables, snapshot
from tests.support.environments import ENGINES, REPOSITORY, duckdb_environment, engine_of, postgres_environment
from tests.support.postgres_server import PostgresServer

SAMPLE = REPOSITORY / "seeds" / "demo" / "synthea"
DROPPED = "int_events__conditions"
VIEWS = """
    select table_schema || '.' || table_name from information_schema.views
    where table_schema in ('staging', 'intermediate', 'omop', 'quality') order by 1"""
MADE = """
    select kind, name from etl.build_step
    where build_id = (select max(build_id) from etl.build) and kind <> 'test' order by 1, 2"""


@dataclass(frozen=True)
class State:
    """What a run said and left: all views, what it made in them and the seeds, and the tables."""

    output: str
    views: list[str]
    made: set[tuple[str, str]]
    tables: Mapping[str, Table]


@pytest.fixture(scope="module")
def states(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[State]]]:
    """Engine -> after the first run, after one with a changed patient and a view dropped before, after a full refresh; on
    DuckDB after one into a second file, and after a full refresh by hand of that.
    """
    changed = tmp_path_factory.mktemp("exports") / "changed"
    change_patients(SAMPLE, changed, 1 / 16)
    with postgres_environment(postgres_server, tmp_path_factory.mktemp("postgres")) as postgres:
        environments = [duckdb_environment(tmp_path_factory.mktemp("duckdb")), postgres]
        histories = at_once(lambda environment: _history(environment, changed), environments)
        yield dict(zip(ENGINES, histories, strict=True))


def _history(environment: Mapping[str, str], changed: Path) -> list[State]:
    def state(*arguments: str, of: Mapping[str, str] = environment, by_hand: bool = False) -> State:
        output = (dbt("run", *arguments, environment=of) if by_hand
                  else synthea_omop("run", *arguments, "--no-tests", environment=of))
        return State(output, [view for (view,) in query(of, VIEWS)], set(query(of, MADE)), snapshot(of))

    first = state()
    execute(environment, f"drop view intermediate.{DROPPED}")
    states = [first, state(str(changed)), state(str(changed), "--full-refresh")]
    if engine_of(environment) == "duckdb":
        second = {**environment, "SYNTHEA_OMOP_DATABASE": str(changed.parent / "another-name.duckdb")}
        states += [state(of=second), state("--full-refresh", of=second, by_hand=True)]
    return states


@pytest.mark.parametrize("engine", ENGINES)
def test_only_the_view_that_was_missing_is_made(states: dict[str, list[State]], engine: str) -> None:
    first, second, refreshed = states[engine][:3]
    views = {("model", view.partition(".")[2]) for view in first.views}
    assert len(views) > 50 and views < first.made and views < refreshed.made
    assert second.made & views == {("model", DROPPED)}
    assert {kind for kind, _ in second.made} == {"model"}
    assert first.views == second.views == refreshed.views


@pytest.mark.parametrize("engine", ENGINES)
def test_the_rows_are_those_of_a_full_refresh(states: dict[str, list[State]], engine: str) -> None:
    first, second, refreshed = states[engine][:3]
    assert_same_tables(second.tables, refreshed.tables, ("the run with a change", "the full refresh"))
    assert list(first.tables["omop.visit_detail"].rows) != list(second.tables["omop.visit_detail"].rows)


def test_both_engines_have_the_same_rows(states: dict[str, list[State]]) -> None:
    for duckdb, postgres in zip(*(states[engine][:3] for engine in ENGINES), strict=True):
        assert_same_tables(duckdb.tables, postgres.tables, ENGINES)


def test_a_database_of_another_name_is_built_from_the_parsed_project(states: dict[str, list[State]]) -> None:
    first, into_another = states["duckdb"][0], states["duckdb"][3]
    assert "Parsing the dbt project" not in into_another.output
    assert into_another.views == first.views and into_another.made == first.made
    assert_same_tables(first.tables, into_another.tables, ("the first file", "the second"))


def test_a_full_refresh_by_hand_makes_both_roads_and_the_same_rows(states: dict[str, list[State]]) -> None:
    """Of a database that no rates were ever loaded into: the seeds of their road are there all the same."""
    into_another, by_hand = states["duckdb"][3:]
    assert {name for _, name in by_hand.made} > {name for kind, name in into_another.made if kind == "model"} | {"fact_rate"}
    cdm = {name: table for name, table in by_hand.tables.items() if name in into_another.tables}
    assert_same_tables(into_another.tables, cdm, ("run", "dbt run --full-refresh"))
