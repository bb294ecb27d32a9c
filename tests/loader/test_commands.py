"""The command line: verbs, help, exit codes, where it works from."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from loader.build import raise_failure
from loader.cli import main
from loader.errors import BuildError, DataQualityError
from tests.loader.command_line import call, fail, query, succeed
from tests.loader.exports import ANN, export, patient
from tests.support.environments import REPOSITORY

Environment = Mapping[str, str]
DEMO = REPOSITORY / "seeds" / "demo"


@pytest.mark.parametrize("verb", sorted(main.commands))
def test_every_verb_has_help_and_the_common_options(duckdb_environment: Environment, verb: str) -> None:
    help_text = succeed(duckdb_environment, verb, "--help")
    assert main.commands[verb].help
    for option in ("--target", "--database", "--memory-limit", "SYNTHEA_OMOP_TARGET", "SYNTHEA_OMOP_DATABASE"):
        assert option in help_text, option


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("load",), ("load", "a", "b"), ("load", "a", "--target", "oracle"), ("status", "--nonsense"),
     ("vocabulary", "a", "--shard-for", "b"), ("load", "a", "--memory-limit", "much")],
)
def test_wrong_usage_ends_with_2(duckdb_environment: Environment, arguments: tuple[str, ...]) -> None:
    assert call(duckdb_environment, *arguments).exit_code == 2


def test_a_folder_that_is_not_there_ends_with_1(duckdb_environment: Environment) -> None:
    assert fail(duckdb_environment, "load", "/nowhere") == (
        "Error: /nowhere is not a folder. Name the folder that holds the CSV files.\n"
    )


def test_a_server_that_is_not_there_ends_with_1(postgres_environment: Environment, tmp_path: Path) -> None:
    elsewhere = {**postgres_environment, "PGHOST": str(tmp_path)}
    error = fail(elsewhere, "load", DEMO / "synthea")
    assert "PostgreSQL cannot be reached" in error and "Set PGHOST" in error


def test_a_file_that_is_no_database_ends_with_1(duckdb_environment: Environment, tmp_path: Path) -> None:
    text = tmp_path / "text.duckdb"
    text.write_text("no database")
    error = fail(duckdb_environment, "load", DEMO / "synthea", "--database", text)
    assert f"{text} cannot be opened as a DuckDB database" in error


def test_the_option_goes_before_the_variable(duckdb_environment: Environment, tmp_path: Path) -> None:
    succeed(duckdb_environment, "load", DEMO / "synthea", "--database", tmp_path / "other.duckdb")
    assert (tmp_path / "other.duckdb").exists()
    assert not Path(duckdb_environment["SYNTHEA_OMOP_DATABASE"]).exists()


def test_it_works_from_any_folder_with_the_database_where_one_stands(
    duckdb_environment: Environment, tmp_path: Path
) -> None:
    environment = {name: value for name, value in duckdb_environment.items() if not name.startswith("SYNTHEA_OMOP_")}
    export(tmp_path / "csv", patient(ANN))
    done = subprocess.run(
        [sys.executable, "-m", "loader", "load", "csv"], cwd=tmp_path, env=environment, capture_output=True,
        text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "synthea_omop.duckdb").exists()
    # No bar and no colour where there is no terminal.
    assert "\x1b" not in done.stdout and "\r" not in done.stdout


def test_status_shows_batches_files_and_waiting_patients(engine_environment: Environment, tmp_path: Path) -> None:
    assert "synthea-omop load DIR" in fail(engine_environment, "status")
    succeed(engine_environment, "load", export(tmp_path, patient(ANN)))
    output = succeed(engine_environment, "status")
    assert "loaded" in output and str(tmp_path) in output and "organizations.csv" in output
    assert "Patients whose change waits for a build: 1" in output


def test_a_run_without_any_vocabulary_says_what_to_do(duckdb_environment: Environment, tmp_path: Path) -> None:
    error = fail(duckdb_environment, "run", export(tmp_path, patient(ANN)))
    assert "--vocabulary DIR" in error
    assert query(duckdb_environment, "select count(*) from etl.load_batch") == [(0,)]


@pytest.mark.parametrize(
    ("statuses", "error"),
    [
        ({"test.p.rows_exist.1a": "fail", "model.p.person": "success"}, DataQualityError),
        ({"test.p.rows_exist.1a": "fail", "model.p.person": "error"}, BuildError),
        ({"test.p.rows_exist.1a": "error"}, BuildError),
        ({"model.p.person": "error", "model.p.death": "skipped"}, BuildError),
        ({}, BuildError),
    ],
    ids=("only_tests", "tests_and_models", "a_test_that_cannot_run", "models", "nothing"),
)
def test_failing_tests_and_failing_models_have_codes_of_their_own(
    statuses: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error) as raised:
        raise_failure([{"unique_id": node, "status": status} for node, status in statuses.items()], ["the end of it"])
    assert raised.type is error and "the end of it" in str(raised.value)
    assert ("did not get as far" in str(raised.value)) is not bool(statuses)


def test_a_project_that_dbt_cannot_read_ends_with_3_and_keeps_the_load(
    duckdb_environment: Environment, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(REPOSITORY / "loader", project / "loader", ignore=shutil.ignore_patterns("__pycache__"))
    (project / "dbt_project.yml").write_text("name: broken\nprofile: [")
    environment = {**duckdb_environment, "PYTHONPATH": str(project)}
    done = subprocess.run(
        [sys.executable, "-m", "loader", "run", DEMO / "synthea", "--vocabulary", DEMO / "vocabulary"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "The build failed" in done.stderr and "Traceback" not in done.stderr
    assert query(duckdb_environment, "select count(*) from raw_synthea.patients") == [(16,)]
    kept = "select outcome, exit_code, builds, build_id, rows_loaded > 0 from etl.run"
    assert query(duckdb_environment, kept) == [("build failed", 3, 1, None, True)]
