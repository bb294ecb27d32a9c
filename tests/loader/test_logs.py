"""The log: what each line has, on both engines; rotation, forks and threads, passwords."""

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from loader import logs
from tests.loader.command_line import call, fail, succeed
from tests.loader.exports import ANN, BEN, ENCOUNTERS, condition, encounter, export, patient, write

Environment = Mapping[str, str]
Lines = list[dict[str, Any]]


def read(path: Path) -> Lines:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def of(lines: Lines, event: str) -> Lines:
    return [line for line in lines if line["event"] == event]


def test_each_line_of_a_load_has_its_batch_file_step_rows_and_seconds(
    engine_environment: Environment, tmp_path: Path
) -> None:
    folder = export(tmp_path / "export", patient(ANN), patient(BEN), conditions=(condition(ANN, "1"),))
    log = tmp_path / "new folder" / "log.json"
    succeed(engine_environment, "load", folder, "--log-file", log)
    lines = read(log)
    for line in lines:
        assert list(line)[:8] == ["time", "level", "event", *logs.ALWAYS]
        # The tests' own time zone is far from UTC.
        assert line["time"].endswith("Z")
        assert datetime.now(datetime.fromisoformat(line["time"]).tzinfo) - datetime.fromisoformat(line["time"]) < (
            timedelta(minutes=5)
        )
    assert [line["event"] for line in lines][:2] == ["command started", "batch started"]
    assert lines[-1]["event"] == "command finished" and lines[-1]["exit_code"] == 0
    copied = {line["file"]: line for line in of(lines, "file copied")}
    assert {name: line["rows"] for name, line in copied.items()} == {
        "patients.csv": 2, "encounters.csv": 2, "conditions.csv": 1, "organizations.csv": 1,
    }
    assert copied["patients.csv"]["bytes"] == (folder / "patients.csv").stat().st_size
    assert all(line["batch"] == 1 and line["step"] == "copy" and line["seconds"] >= 0 for line in copied.values())
    assert {"copy", "changes", "indexes"} <= {line["step"] for line in of(lines, "step finished")}
    (loaded,) = of(lines, "batch loaded")
    assert (loaded["batch"], loaded["rows"], loaded["rejected"], loaded["new"]) == (1, 6, 0, 2)
    assert loaded["seconds"] > 0 and {line["level"] for line in lines} == {"info"}
    # The next command goes on in the same file, with no batch of its own.
    succeed(engine_environment, "load", folder, "--log-file", log)
    assert "nothing to do" in of(read(log), "message")[-1]["message"] and read(log)[-1]["batch"] is None


def test_the_variables_say_the_same_as_the_options(duckdb_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path / "export", patient(ANN))
    for level, least in (("debug", "debug"), ("error", None)):
        log = tmp_path / level
        environment = {**duckdb_environment, "SYNTHEA_OMOP_LOG_FILE": str(log), "SYNTHEA_OMOP_LOG_LEVEL": level}
        succeed(environment, "load", folder)
        levels = {line["level"] for line in read(log)}
        assert (least in levels) if least else not levels
    assert fail(duckdb_environment, "load", folder, "--log-level", "loud", code=2)


def test_a_failed_load_says_why(engine_environment: Environment, tmp_path: Path) -> None:
    export(tmp_path, patient(ANN))
    write(tmp_path / "encounters.csv", ENCOUNTERS, encounter(1, ANN), encounter(2, "nobody"))
    log = tmp_path.parent / f"{tmp_path.name}.json"
    stderr = fail(engine_environment, "load", tmp_path, "--log-file", log)
    failed, ended = read(log)[-2:]
    assert (failed["event"], failed["level"], failed["batch"]) == ("batch failed", "error", 1)
    assert (ended["event"], ended["exit_code"], ended["batch"]) == ("command failed", 1, None)
    assert '"nobody" is no id' in failed["error"] and stderr == f"Error: {ended['error']}\n"


def test_rejected_rows_and_remarks_are_warnings(engine_environment: Environment, tmp_path: Path) -> None:
    export(tmp_path / "export", patient(ANN))
    write(tmp_path / "export" / "encounters.csv", ENCOUNTERS, encounter(1, ANN), "<html>")
    log = tmp_path / "log.json"
    succeed(engine_environment, "load", tmp_path / "export", "--max-rejects", 1, "--log-file", log)
    lines = read(log)
    assert [line["rejected"] for line in of(lines, "file copied") if line["file"] == "encounters.csv"] == [1]
    assert [line["level"] for line in lines if "1 row could not be read" in line.get("message", "")] == ["warning"]


def test_what_nobody_foresaw_is_logged_with_its_place(
    duckdb_environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprise(*arguments: object) -> None:
        raise RuntimeError("a surprise")

    monkeypatch.setattr("loader.cli.load_export", surprise)
    log = tmp_path / "log.json"
    result = call(duckdb_environment, "load", export(tmp_path / "export", patient(ANN)), "--log-file", log)
    assert isinstance(result.exception, RuntimeError)
    ended = read(log)[-1]
    assert ended["error"] == "a surprise" and "in surprise" in ended["traceback"] and ended["exit_code"] == 1


def test_a_password_is_neither_logged_nor_shown(postgres_environment: Environment, tmp_path: Path) -> None:
    environment = {
        **postgres_environment, "PGPASSWORD": "hunter2", "PGDATABASE": "postgresql://ann:s3cret@host/hunter2",
    }
    log = tmp_path / "log.json"
    stderr = fail(environment, "load", export(tmp_path / "hunter2", patient(ANN)), "--log-file", log)
    assert "postgresql://ann:***@host/***" in stderr and "postgresql://ann:***@host/***" in log.read_text()
    assert "s3cret" not in log.read_text() + stderr and "hunter2" not in log.read_text()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("host=a password=s3cret user=b", "host=a password=*** user=b"),
        ("PGPASSWORD='s3 cret' psql", "PGPASSWORD=*** psql"),
        ('{"password": "s3cret", "port": 5}', '{"password": ***, "port": 5}'),
        ("postgresql://ann:s3cr/et@host:5432/db?sslpassword=s3cret&x=1",
         "postgresql://ann:***@host:5432/db?sslpassword=***&x=1"),
        ("Set PGUSER and PGPASSWORD (or ~/.pgpass).", "Set PGUSER and PGPASSWORD (or ~/.pgpass)."),
        ("12:30:01 1 of 2 OK", "12:30:01 1 of 2 OK"),
    ],
)
def test_connection_strings_lose_their_passwords(text: str, masked: str) -> None:
    assert logs.redacted(text) == masked


def test_full_files_are_rotated_and_the_oldest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "BYTES_A_FILE", 2_000)
    monkeypatch.setattr(logs, "OLD_FILES", 2)
    log = tmp_path / "log.json"
    with logs.kept(log, "info"):
        for number in range(100):
            logs.event("counted", rows=number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.json", "log.json.1", "log.json.2"]
    assert all(path.stat().st_size <= 2_000 for path in tmp_path.iterdir())
    rows = [line["rows"] for name in ("log.json.2", "log.json.1", "log.json") for line in read(tmp_path / name)]
    assert rows == list(range(100 - len(rows), 100))


def test_threads_and_forked_processes_write_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "BYTES_A_FILE", 20_000)
    monkeypatch.setattr(logs, "OLD_FILES", 50)

    def work(number: int) -> None:
        for row in range(50):
            logs.event("counted", file=str(number), rows=row)

    with logs.kept(tmp_path / "log.json", "info"):
        children = []
        for number in range(3):
            child = os.fork()
            if not child:
                work(number)
                os._exit(0)
            children.append(child)
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(work, range(3, 6)))
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    lines = [line for path in tmp_path.iterdir() for line in read(path)]
    assert sorted((line["file"], line["rows"]) for line in lines) == [
        (str(number), row) for number in range(6) for row in range(50)
    ]


def test_a_file_that_another_process_moved_is_begun_anew(tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    with logs.kept(log, "info"):
        logs.event("first")
        log.rename(tmp_path / "moved.json")
        logs.event("second")
        log.unlink()
        logs.event("third")
    assert [line["event"] for line in read(tmp_path / "moved.json") + read(log)] == ["first", "third"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_stops_the_log_and_not_the_load(duckdb_environment: Environment, tmp_path: Path) -> None:
    result = call(duckdb_environment, "load", export(tmp_path, patient(ANN)), "--log-file", "/dev/full")
    assert result.exit_code == 0 and result.stderr.count("The log /dev/full cannot be written") == 1


def test_a_log_that_cannot_be_opened_is_wrong_usage(duckdb_environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = fail(duckdb_environment, "status", "--log-file", tmp_path / "file" / "log.json", code=2)
    assert "cannot be written" in error
