"""What a failed run says: what became of the load and of the former file, and what to do; each once."""

import re
import signal
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import duckdb
import pytest

from loader.build import raise_failure
from loader.databases import open_database
from loader.databases.duckdb import TAKEN_NAMES
from loader.errors import BuildError, LoaderError
from loader.progress import Reporter
from loader.publish import building_place
from loader.remedies import explained
from loader.settings import Settings
from loader.watch.running import StoppedError, ended_by_sigterm
from tests.loader.command_line import fail
from tests.loader.exports import ANN, export, patient
from tests.support.environments import REPOSITORY

Environment = Mapping[str, str]
VOCABULARY = REPOSITORY / "seeds" / "demo" / "vocabulary"


@pytest.mark.parametrize(("is_there", "state"), [(False, "is not there yet"), (True, "is as it was")])
def test_a_build_that_is_not_published_does_not_say_that_its_load_stays(
    tmp_path: Path, is_there: bool, state: str
) -> None:
    file = tmp_path / "cdm.duckdb"
    if is_there:
        duckdb.connect(str(file)).close()
    with pytest.raises(BuildError) as caught, building_place(Settings("duckdb", file, "1GB"), True, Reporter()):
        raise_failure([], ["dbt's last word"])
    said = str(caught.value)
    assert f"Nothing was published, what was loaded neither: {file} {state}." in said
    assert "dbt's last word" in said and "loaded stays" not in said


def test_a_run_that_has_no_room_beside_the_file_to_publish_is_told_so(
    duckdb_environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / "cdm.duckdb.next").write_text("")
    said = fail(
        duckdb_environment, "run", export(tmp_path / "export", patient(ANN)), "--publish",
        "--database", tmp_path / "cdm.duckdb",
    )
    assert f"--publish builds in {tmp_path}/cdm.duckdb.next, which cannot be made: File exists." in said


def test_a_run_that_publishes_names_the_file_of_its_readers(duckdb_environment: Environment, tmp_path: Path) -> None:
    said = fail(duckdb_environment, "run", export(tmp_path, patient(ANN)), "--publish")
    assert f"There is no vocabulary in the DuckDB file {duckdb_environment['SYNTHEA_OMOP_DATABASE']}. " in said


def test_memory_that_is_used_up_names_the_option(tmp_path: Path) -> None:
    settings = Settings("duckdb", tmp_path / "cdm.duckdb", "50MB")
    with pytest.raises(LoaderError) as caught, open_database(settings) as database, explained(database, settings):
        database.query("select list(range) from range(100_000_000)")
    assert "DuckDB has 50MB of memory. Give it more with --memory-limit" in str(caught.value)


def test_a_file_that_is_no_database_is_said_once(duckdb_environment: Environment, tmp_path: Path) -> None:
    file = Path(duckdb_environment["SYNTHEA_OMOP_DATABASE"])
    file.write_text("something else")
    for option in ("--publish", "--no-tests"):
        said = fail(duckdb_environment, "run", export(tmp_path, patient(ANN)), "--vocabulary", VOCABULARY, option)
        assert said.count("cannot be opened as a DuckDB database") == 1
    assert file.read_text() == "something else"


@pytest.mark.parametrize("name", ["omop", "Rates", "etl", "main", "it's", 'a"b'])
def test_a_file_whose_name_no_build_works_with_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "folder" / f"{name}.duckdb"
    with pytest.raises(LoaderError, match="is no name for a DuckDB file here"):
        open_database(Settings("duckdb", file, "1GB")).__enter__()
    assert not file.parent.exists()


def test_every_schema_of_the_project_is_a_taken_name() -> None:
    named = set(re.findall(r"\+schema: (\w+)", (REPOSITORY / "dbt_project.yml").read_text()))
    assert "omop" in named and named <= TAKEN_NAMES


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_build_that_is_interrupted_says_what_is_left(number: int, request: pytest.FixtureRequest) -> None:
    # A shell starts what runs in its background with Ctrl-C ignored, tests too.
    request.addfinalizer(partial(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT)))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    said = r"ended by a signal\. What was loaded stays"
    with pytest.raises(StoppedError, match=said) as caught, ended_by_sigterm():  # noqa: PT012 - it ends all that is inside
        # Of a process with other threads, one of them might get a signal that is sent to all.
        signal.raise_signal(number)
        pytest.fail("the signal is an error of the context")
    assert caught.value.exit_code == 3
