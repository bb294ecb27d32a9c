"""The verb `status`: what was loaded and rejected, what broke off, what is to be done."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from loader.databases import open_database
from loader.load.ledger import start_batch
from loader.settings import Settings
from tests.loader.command_line import call, execute, fail, query, succeed
from tests.loader.exports import ANN, BEN, CONDITIONS, ENCOUNTERS, condition, encounter, export, patient, write
from tests.support.environments import engine_of

Environment = Mapping[str, str]


def words(output: str) -> list[str]:
    """The lines with single blanks."""
    return [" ".join(line.split()) for line in output.splitlines()]


def leave_a_batch_running(environment: Environment, source: str, look: bool = False) -> str:
    """What a killed load leaves behind; with `look`, what `status` says while it is still at work."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        settings = Settings(engine_of(environment), Path(environment.get("SYNTHEA_OMOP_DATABASE", "")), "1GB")
        with open_database(settings) as database:
            start_batch(database, source, "v3.3")
            return succeed(environment, "status") if look else ""


def test_rows_and_rejects_of_batches_and_files_are_shown(engine_environment: Environment, tmp_path: Path) -> None:
    export(tmp_path, patient(ANN))
    bad = [f"2020-13-{number:02},,{ANN},,1,[bold]" for number in range(1, 13)]
    write(tmp_path / "conditions.csv", CONDITIONS, condition(ANN, "1"), *bad)
    succeed(engine_environment, "load", tmp_path, "--max-rejects", "12")
    output = succeed(engine_environment, "status")
    lines = words(output)
    (batch,) = [line for line in lines if line.endswith(str(tmp_path))]
    assert re.fullmatch(rf"1 v\S+ loaded \S+ \S+ \d+\.\d s 4 16 4 12 1 0 0 {re.escape(str(tmp_path))}", batch)
    (file,) = [line for line in lines if line.startswith("1 conditions.csv")]
    assert re.fullmatch(r"1 conditions\.csv \d+ 13 1 12 \d+\.\d", file)
    # The first ten, and how to see the others.
    rejected = [line for line in lines if line.startswith("conditions.csv")]
    assert len(rejected) == 10
    assert rejected[0].startswith('conditions.csv 3 START 2020-13-01 "2020-13-01" is no date')
    assert "Rejected rows of batch 1: 12; all of them" in output
    sql = output[output.index("select * from etl.rejected_row"):].splitlines()[0]
    assert len(query(engine_environment, sql)) == 12


def test_a_role_without_rights_is_not_told_that_nothing_was_loaded(
    postgres_environment: Environment, tmp_path: Path
) -> None:
    succeed(postgres_environment, "load", export(tmp_path, patient(ANN)))
    execute(postgres_environment, "create role onlooker login")
    try:
        said = fail({**postgres_environment, "PGUSER": "onlooker"}, "status")
    finally:
        execute(postgres_environment, "drop role onlooker")
    assert "may not look into schema etl" in said and "Nothing was loaded" not in said


def test_a_load_that_broke_off_is_shown_until_it_is_made_up_for(
    engine_environment: Environment, tmp_path: Path
) -> None:
    folder = export(tmp_path / "an export", patient(ANN))
    leave_a_batch_running(engine_environment, str(folder))
    for _ in range(2):
        output = succeed(engine_environment, "status")
        assert re.search(r"^ +1 +v3\.3 +broken", output, re.MULTILINE)
        assert f"Batch 1 broke off: nothing of it was kept. To have it, synthea-omop load '{folder}'" in output
        # Another load writes it into the ledger, and does not make up for it.
        log = tmp_path / "log.json"
        succeed(engine_environment, "load", export(tmp_path / "other", patient(BEN)), "--log-file", log)
    assert log.read_text().count('"batches broken"') == 1
    succeed(engine_environment, "load", folder)
    output = succeed(engine_environment, "status")
    assert "broken" in output and "broke off" not in output


def test_a_load_at_work_is_not_called_broken(postgres_environment: Environment, tmp_path: Path) -> None:
    output = leave_a_batch_running(postgres_environment, "export", look=True)
    assert re.search(r"^ +1 +v3\.3 +running", output, re.MULTILINE)
    assert "A synthea-omop is at work in this database" in output and "broke off" not in output


@pytest.mark.parametrize("outcome", ["started", "partial", "failing", "untested", "done"])
def test_a_build_that_did_not_succeed_is_said(engine_environment: Environment, tmp_path: Path, outcome: str) -> None:
    succeed(engine_environment, "load", export(tmp_path, patient(ANN)))
    with pytest.MonkeyPatch.context() as patched:
        for name, value in engine_environment.items():
            patched.setenv(name, value)
        settings = Settings(
            engine_of(engine_environment), Path(engine_environment.get("SYNTHEA_OMOP_DATABASE", "")), "1GB"
        )
        with open_database(settings) as database:
            database.execute(
                "insert into etl.build (build_id, started_at, outcome, upto_change_id) values (1, ?, 'started', 1)",
                (database.clock(),),
            )
            if outcome != "started":
                database.execute(
                    "insert into etl.build (build_id, started_at, finished_at, outcome, upto_change_id)"
                    " select build_id, started_at, started_at, ?, upto_change_id from etl.build",
                    (outcome,),
                )
    output = succeed(engine_environment, "status")
    assert ("did not succeed" in output) == (outcome in ("started", "partial", "failing"))
    waiting = 1 if outcome in ("started", "partial") else 0
    assert f"Patients whose change waits for a build: {waiting}" in output


@pytest.mark.parametrize(
    "lines",
    [
        (ENCOUNTERS, encounter(1, ANN)), (ENCOUNTERS, encounter(1, ANN), "<html>"), (ENCOUNTERS,), (),
        (ENCOUNTERS, encounter(1, ANN, start="Jan 5")), (ENCOUNTERS, encounter(1, ANN) + ",more"),
        (ENCOUNTERS, encounter(1, ANN), ENCOUNTERS),
    ],
    ids=("good", "text", "no_rows", "empty", "time", "fields", "header_again"),
)
def test_check_and_a_load_as_it_is_end_alike(
    engine_environment: Environment, tmp_path: Path, lines: tuple[str, ...]
) -> None:
    export(tmp_path, patient(ANN))
    write(tmp_path / "encounters.csv", *lines)
    checked = call(engine_environment, "check", tmp_path)
    assert checked.exit_code == call(engine_environment, "load", tmp_path).exit_code
    if checked.exit_code:
        assert fail(engine_environment, "check", tmp_path).count("\n") == 1
    else:
        assert f"{tmp_path} can be loaded as it is" in checked.stdout
