"""A project that changed after a build: nobody's rows are a mixture of two states of it.

Half of the models are enough to see it: keys, working sets, look-ups, tables of persons and one of no person.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from loader.project import project_checksum
from tests.loader.command_line import query
from tests.support.commands import at_once
from tests.support.comparison import Table, assert_same_tables, snapshot
from tests.support.environments import ENGINES, REPOSITORY, duckdb_environment, engine_of, postgres_environment
from tests.support.few_models import leave_out_all_but
from tests.support.postgres_server import PostgresServer

NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "target", "logs", "__pycache__", "*.duckdb*", "bench", "tests")
PROJECT = re.compile(r"project \w+")
MODELS = ("person", "visit_occurrence", "observation_period", "source_checks")
FIRST, OF_NO_PERSON, CHANGED, BROKEN, REPAIRED, REFRESHED = range(6)
# Checksums, refusals and refreshes are the ledger's, whatever the engine; what a build leaves that broke off is the engine's.
ON_POSTGRES = (FIRST, BROKEN, REPAIRED)


@dataclass(frozen=True)
class Run:
    """What a `run` ended with and printed, the checksum of the project then, and the tables afterwards."""

    code: int
    output: str
    checksum: str
    tables: Mapping[str, Table]


@dataclass(frozen=True)
class History:
    """The runs, and (outcome, full_refresh, checksum) of each build that came to its end, in their order."""

    runs: dict[int, Run]
    builds: list[tuple[str, bool, str]]


@pytest.fixture(scope="module")
def histories(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, History]]:
    """Engine -> what became of a project that changes, is refreshed with an error in it, and is mended."""
    with postgres_environment(postgres_server, tmp_path_factory.mktemp("postgres")) as postgres:
        environments = [duckdb_environment(tmp_path_factory.mktemp("duckdb")), postgres]
        folders = [tmp_path_factory.mktemp("project") / engine for engine in ENGINES]
        histories = at_once(lambda pair: _history(*pair), list(zip(environments, folders, strict=True)))
        yield dict(zip(ENGINES, histories, strict=True))


def _history(environment: Mapping[str, str], project: Path) -> History:
    shutil.copytree(REPOSITORY, project, ignore=NOT_COPIED)
    leave_out_all_but(project, MODELS)
    asked = range(6) if engine_of(environment) == "duckdb" else ON_POSTGRES
    runs = {}

    def run(name: int, *options: str) -> None:
        if name not in asked:
            return
        done = subprocess.run(
            [sys.executable, "-m", "loader", "run", "--no-tests", *options], cwd=project, text=True,
            env={**environment, "PYTHONPATH": str(project)}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
        )
        runs[name] = Run(done.returncode, done.stdout, project_checksum(project), snapshot(environment))

    run(FIRST)
    checks = project / "models" / "quality" / "source_checks.sql"
    checks.write_text(checks.read_text() + "\nwhere 1 = 1\n")
    run(OF_NO_PERSON)
    seed = project / "seeds" / "mappings" / "gender_concepts.csv"
    seed.write_text(seed.read_text().replace("8507", "0"))
    run(CHANGED)
    # Most models are built before this one. The spans get a column, which only a full refresh can give them.
    person = project / "models" / "omop" / "clinical" / "person.sql"
    whole_person = person.read_text()
    person.write_text(whole_person.replace("select * from person", "select * from no_such_relation"))
    spans = project / "models" / "intermediate" / "people" / "int_people__spans.sql"
    spans.write_text(spans.read_text().replace("select * from spans", "select *, 1 as one from spans"))
    run(BROKEN, "--full-refresh")
    person.write_text(whole_person)
    run(REPAIRED)
    run(REFRESHED, "--full-refresh")
    builds = query(
        environment,
        "select outcome, full_refresh, checksum from etl.build where finished_at is not null order by build_id",
    )
    return History(runs, builds)


def test_a_changed_model_that_no_row_of_a_person_is_made_of_is_built_at_once(histories: dict[str, History]) -> None:
    first, changed = (histories["duckdb"].runs[name] for name in (FIRST, OF_NO_PERSON))
    assert changed.code == 0 and "models, seeds or macros of the project have" in changed.output, changed.output
    assert_same_tables(first.tables, changed.tables, ("the first build", "with another model of no person"))


def test_a_changed_project_is_not_built_without_a_full_refresh(histories: dict[str, History]) -> None:
    first, changed = (histories["duckdb"].runs[name] for name in (OF_NO_PERSON, CHANGED))
    assert (first.code, changed.code) == (0, 3), changed.output
    assert "The project's seeds changed since the CDM was built" in changed.output
    assert "synthea-omop run DIR --full-refresh" in changed.output
    assert_same_tables(first.tables, changed.tables, ("the first build", "the refused one"))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_full_refresh_that_broke_off_is_made_up_for_by_the_next_run(
    histories: dict[str, History], engine: str
) -> None:
    runs = histories[engine].runs
    assert runs[BROKEN].code == 3 and "The build failed: person" in runs[BROKEN].output
    assert runs[REPAIRED].code == 0, runs[REPAIRED].output
    assert "The last full refresh did not come to its end: this build is one." in runs[REPAIRED].output
    assert_same_tables(runs[REPAIRED].tables, histories["duckdb"].runs[REFRESHED].tables, ("repaired", "refreshed"))
    persons = runs[REPAIRED].tables["omop.person"]
    genders = {row.split("\x1f")[persons.columns.index("gender_concept_id")] for row in persons.rows}
    assert genders == {"0", "8532"}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_ledger_has_the_state_of_the_project_of_each_build(histories: dict[str, History], engine: str) -> None:
    history = histories[engine]
    ended = {
        FIRST: ("untested", False), OF_NO_PERSON: ("untested", False), BROKEN: ("partial", True), REPAIRED: ("untested", True),
        REFRESHED: ("untested", True),
    }
    assert [(outcome, refresh, PROJECT.search(checksum)[0]) for outcome, refresh, checksum in history.builds] == [
        (*ended[name], run.checksum) for name, run in history.runs.items() if name in ended
    ]
