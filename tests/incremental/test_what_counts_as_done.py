"""Only a build of everything that persons' rows are made of marks their changes as done; whatever else dbt does, does not.

What dbt's commands mean to the ledger is told by macros and hooks, so the project here has few models. That the whole one is
built from them is seen wherever it is built, and before there are patients with the golden cases.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.incremental.built import Built, read_built
from tests.incremental.project import ONLY_MODELS, Project, copy_project
from tests.incremental.sample import PEOPLE, VOCABULARY, State
from tests.incremental.world import Export
from tests.loader.command_line import query
from tests.support.commands import at_once, synthea_omop
from tests.support.comparison import assert_same_tables
from tests.support.environments import ENGINES, duckdb_environment, engine_of, postgres_environment
from tests.support.postgres_server import PostgresServer

ANN, BEN, CID = PEOPLE[:3]
# Keys, a working set, look-ups and tables of persons, one of which is made of others.
MODELS = ("person", "visit_detail", "visit_occurrence")
# The build that a `run` or `build` of a part adds to the ledger, and the commands that write nothing there.
PARTIAL = {
    "a selection": ("run", "--select", "person"),
    "every incremental model": ("run", "--select", "config.materialized:incremental"),
    "all but a working set": ("run", "--exclude", "int_changes__persons"),
    "a full refresh of a part": ("run", "--select", "int_visits__encounters", "person", "--full-refresh"),
}
SILENT = {
    "compile": ("compile", "--select", "person"),
    "docs": ("docs", "generate", "--select", "person"),
    "test": ("test", "--select", "person"),
    "seed": ("seed", "--select", "gender_concepts"),
}
# What every engine's macros do of their own: a part of a table, and all of it.
ON_POSTGRES = ("a selection", "a full refresh of a part")
CONSUMED = "('done', 'untested', 'failing')"


@dataclass(frozen=True)
class Ledger:
    """Outcomes of builds in their order, the last change that a build has consumed, and how many patients wait."""

    outcomes: tuple[str, ...]
    consumed: int
    waiting: int


@dataclass(frozen=True)
class History:
    """The ledger after each command, and what the build at the end and a full refresh left."""

    ledgers: dict[str, Ledger]
    refused: str
    built: Built
    refreshed: Built


def _ledger(project: Project) -> Ledger:
    outcomes = query(
        project.environment,
        "select coalesce(max(case when finished_at is not null then outcome end), 'started') from etl.build"
        " group by build_id order by build_id",
    )
    ((consumed,),) = query(
        project.environment, f"select coalesce(max(upto_change_id), 0) from etl.build where outcome in {CONSUMED}"
    )
    ((waiting,),) = query(
        project.environment,
        f"select count(distinct patient_id) from etl.patient_change where change_id > {consumed}",
    )
    return Ledger(tuple(outcome for (outcome,) in outcomes), consumed, waiting)


def asked(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Which of these commands are tried: the ledger itself is the same SQL on every engine."""
    return (*SILENT, *PARTIAL) if engine_of(environment) == "duckdb" else ON_POSTGRES


@pytest.fixture(scope="module")
def histories(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, History]]:
    """Engine -> what became of one changed patient while everything but a whole build was done."""
    folder = tmp_path_factory.mktemp("done")
    models = copy_project(folder / "project", MODELS)
    first = Export({ANN: State.SAME, BEN: State.SAME, CID: State.SHORTER}).write(folder / "first", 1)
    second = Export({BEN: State.OTHER}).write(folder / "second", 2)

    def happen(environment: Mapping[str, str]) -> History:
        project, ledgers = Project(models, environment), {}

        def do(name: str, *command: str, code: int = 0, failing: str = "") -> str:
            ended, output = project.dbt(*command, failing=failing)
            assert ended == code, output
            ledgers[name] = _ledger(project)
            return output

        synthea_omop("vocabulary", str(VOCABULARY), environment=environment)
        code, output = project.dbt("seed")
        assert code == 0, output
        do("an empty build", "run", "--empty")
        synthea_omop("load", str(first), environment=project.environment)
        ledgers["a load"] = _ledger(project)
        do("a whole build", "build", *ONLY_MODELS)
        synthea_omop("load", str(second), environment=project.environment)
        for name, command in (SILENT | PARTIAL).items():
            if name in asked(environment):
                do(name, *command)
        refused = do("an empty build where there is data", "run", "--empty", code=2)
        do("a failure", "build", *ONLY_MODELS, failing="visit_occurrence", code=1)
        do("a retry", "retry")
        do("a whole build at last", "build", *ONLY_MODELS)
        built = read_built(project.environment)
        project.build("--full-refresh")
        return History(ledgers, refused, built, read_built(project.environment))

    with postgres_environment(postgres_server, folder / "postgres") as postgres:
        environments = [duckdb_environment(folder / "duckdb"), postgres]
        yield dict(zip(ENGINES, at_once(happen, environments), strict=True))


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_build_is_no_build_of_what_is_loaded_afterwards(histories: dict[str, History], engine: str) -> None:
    ledgers = histories[engine].ledgers
    assert ledgers["an empty build"] == Ledger((), 0, 0)
    assert ledgers["a load"] == Ledger((), 0, 3)
    assert ledgers["a whole build"] == Ledger(("untested",), 3, 0)
    assert "--empty would empty a CDM" in histories[engine].refused


@pytest.mark.parametrize("command", [*SILENT, "an empty build where there is data"])
def test_what_builds_nothing_leaves_no_trace(histories: dict[str, History], command: str) -> None:
    ledgers = histories["duckdb"].ledgers
    names = list(ledgers)
    before = ledgers[names[names.index(command) - 1]]
    assert ledgers[command].outcomes == before.outcomes
    assert (ledgers[command].consumed, ledgers[command].waiting) == (3, 1 if command in SILENT else before.waiting)


@pytest.mark.parametrize(("engine", "command"), [
    *(("duckdb", command) for command in (*PARTIAL, "a failure", "a retry")),
    *(("postgres", command) for command in (*ON_POSTGRES, "a failure", "a retry")),
])
def test_a_build_of_a_part_leaves_the_change_waiting(histories: dict[str, History], engine: str, command: str) -> None:
    ledger = histories[engine].ledgers[command]
    assert ledger.outcomes[-1] == "partial" and ledger.consumed == 3 and ledger.waiting >= 1


@pytest.mark.parametrize("engine", ENGINES)
def test_the_next_whole_build_repairs_all_of_it(histories: dict[str, History], engine: str) -> None:
    history = histories[engine]
    last = history.ledgers["a whole build at last"]
    assert last.outcomes[-1] == "untested" and last.waiting == 0
    assert_same_tables(history.built.tables, history.refreshed.tables, ("built", "a full refresh"))


def test_both_engines_come_to_the_same(histories: dict[str, History]) -> None:
    duckdb, postgres = (histories[engine] for engine in ENGINES)
    last = {
        engine: {name: (ledger.outcomes[-1:], ledger.consumed, ledger.waiting) for name, ledger in history.ledgers.items()}
        for engine, history in histories.items()
    }
    assert last["postgres"] == {name: last["duckdb"][name] for name in last["postgres"]}
    assert_same_tables(duckdb.built.tables, postgres.built.tables, ENGINES)
