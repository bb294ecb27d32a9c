"""`run` with nothing new: whether it says that all is well depends on how the last build ended."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.loader.command_line import query
from tests.support.commands import at_once
from tests.support.environments import ENGINES, REPOSITORY, duckdb_environment, engine_of, postgres_environment
from tests.support.few_models import leave_out_all_but
from tests.support.postgres_server import PostgresServer

NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "target", "logs", "__pycache__", "*.duckdb*", "bench")
# What a run looks at is the ledger: few models are enough.
MODELS = ("person", "visit_detail", "visit_occurrence")
# The exit code of failed tests is the loader's, whatever the engine.
WITH_A_FAILING_TEST = ("duckdb",)
TABLES = """
    select format('%I.%I', schemaname, tablename) from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') order by 1
"""
# A row that is written anew has another place or another transaction, even if it says the same.
ROWS = "select md5(coalesce(string_agg(cast(ctid as text) || cast(xmin as text), ' ' order by ctid), '')) from {table}"


@dataclass(frozen=True)
class History:
    """Exit code and output of each `run`, whether the last one left every byte, and what the ledger has of them."""

    failing: list[tuple[int, str]]
    untested: list[tuple[int, str]]
    tested: tuple[int, str]
    nothing: tuple[int, str]
    elsewhere: list[tuple[int, str]]
    is_untouched: bool
    builds: list[str]
    runs: list[tuple[str, int, int]]


@pytest.fixture(scope="module")
def histories(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, History]]:
    """Engine -> what became of one export that is run again and again."""
    with postgres_environment(postgres_server, tmp_path_factory.mktemp("postgres")) as postgres:
        environments = [duckdb_environment(tmp_path_factory.mktemp("duckdb")), postgres]
        folders = [tmp_path_factory.mktemp("project") / engine for engine in ENGINES]
        histories = at_once(lambda pair: _history(*pair), list(zip(environments, folders, strict=True)))
        yield dict(zip(ENGINES, histories, strict=True))


def _history(environment: Mapping[str, str], project: Path) -> History:
    """Where it is asked for two runs meet a data test that fails; the next two run without tests, the last two with all; on
    DuckDB one more goes into a file of another name.
    """
    shutil.copytree(REPOSITORY, project, ignore=NOT_COPIED)
    leave_out_all_but(project, MODELS)
    (project / "tests" / "passes.sql").write_text("select 1 as one where false\n")

    def run(*options: str, ahead: str = "", of: Mapping[str, str] = environment) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "loader", "run", *options], cwd=project, text=True,
            env={**of, "PYTHONPATH": f"{ahead}{project}"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
        )
        return done.returncode, done.stdout

    failing = []
    if engine_of(environment) in WITH_A_FAILING_TEST:
        (project / "tests" / "always_fails.sql").write_text("select 1 as one\n")
        failing = [run(), run()]
        (project / "tests" / "always_fails.sql").unlink()
    untested = [run("--no-tests"), run("--no-tests")]
    tested = run()
    # Whoever starts dbt now fails, and whoever writes a row leaves another print.
    (project / "no_dbt" / "dbt").mkdir(parents=True)
    (project / "no_dbt" / "dbt" / "__init__.py").write_text("raise SystemExit('dbt was started')\n")
    before = _fingerprint(environment)
    nothing = run(ahead=f"{project}/no_dbt:")
    is_untouched = _fingerprint(environment) == before
    another = {"SYNTHEA_OMOP_DATABASE": str(project / "another-name.duckdb")}
    elsewhere = [run("--no-tests", of={**environment, **another})] if engine_of(environment) == "duckdb" else []
    builds = query(environment, "select outcome from etl.build where finished_at is not null order by build_id")
    return History(
        failing, untested, tested, nothing, elsewhere, is_untouched, [outcome for (outcome,) in builds],
        query(environment, "select outcome, exit_code, builds from etl.run order by run_id"),
    )


def _fingerprint(environment: Mapping[str, str]) -> object:
    """Of every byte of a DuckDB file, or of every version of a row on PostgreSQL."""
    if engine_of(environment) == "duckdb":
        database = Path(environment["SYNTHEA_OMOP_DATABASE"])
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in database.parent.glob(f"{database.name}*")]
    return {table: query(environment, ROWS.format(table=table)) for (table,) in query(environment, TABLES)}


@pytest.mark.parametrize("engine", WITH_A_FAILING_TEST)
def test_after_failed_data_tests_a_run_tests_again(histories: dict[str, History], engine: str) -> None:
    failing = histories[engine].failing
    for code, output in failing:
        assert code == 4 and "1 data tests failed: always_fails" in output, output
    assert "Nothing has changed since the last build, but it did not succeed" in failing[1][1]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_build_without_tests_is_good_enough_only_for_who_wants_none(histories: dict[str, History], engine: str) -> None:
    history = histories[engine]
    assert [code for code, _ in (*history.untested, history.tested)] == [0] * 3, history.tested[1]
    assert "nothing to do" in history.untested[1][1].splitlines()[-1]
    assert "it ran without the data tests" in history.tested[1] and "Done. PASS=" in history.tested[1]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_with_nothing_new_touches_no_table_and_does_not_start_dbt(
    histories: dict[str, History], engine: str
) -> None:
    history = histories[engine]
    assert history.nothing[0] == 0 and "nothing to do" in history.nothing[1].splitlines()[-1]
    assert history.is_untouched


def test_a_database_of_another_name_is_built_from_the_parsed_project(histories: dict[str, History]) -> None:
    ((code, output),) = histories["duckdb"].elsewhere
    assert code == 0 and "Done. PASS=" in output and "Parsing the dbt project" not in output, output
    assert "Parsing the dbt project" in histories["duckdb"].failing[0][1]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_ledger_says_how_each_build_and_run_ended(histories: dict[str, History], engine: str) -> None:
    history, failed, done = histories[engine], ("tests failed", 4, 1), ("done", 0, 1)
    times = len(history.failing)
    assert history.builds == ["failing"] * times + ["untested", "done"]
    assert history.runs == [failed] * times + [done, done]
