"""`--log-format json`: standard output and standard error hold JSON, one object a line, and nothing else."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.loader.command_line import call
from tests.loader.exports import ANN, export, patient

Environment = Mapping[str, str]
JSON = ("--log-format", "json")


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_what_is_said_to_people_is_said_in_lines_of_the_log(engine_environment: Environment, tmp_path: Path) -> None:
    result = call(engine_environment, "load", export(tmp_path, patient(ANN)), *JSON, "--log-file", tmp_path / "log")
    said = lines(result.stdout)
    assert result.exit_code == 0 and result.stderr == ""
    assert {"command started", "batch loaded", "file copied", "command finished"} <= {line["event"] for line in said}
    assert any("Loaded batch 1" in line.get("message", "") for line in said)
    # The file has the same lines.
    assert lines((tmp_path / "log").read_text()) == said
    result = call({**engine_environment, "SYNTHEA_OMOP_LOG_FORMAT": "json"}, "status")
    (batches,) = [line["table"] for line in lines(result.stdout) if line.get("title") == "Batches"]
    assert batches[0]["outcome"] == "loaded" and batches[0]["source"] == str(tmp_path)
    # The next command speaks to people again.
    assert call(engine_environment, "status").stdout.startswith(("DuckDB file ", "PostgreSQL database "))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("load", "/nowhere"), 1, "/nowhere is not a folder"),
        (("load",), 2, "Missing argument 'DIR'"),
        (("load", "a", "--memory-limit", "much"), 2, "'much' is no amount of memory"),
        (("status", "--nonsense"), 2, "No such option"),
    ],
)
def test_errors_are_json_too(
    duckdb_environment: Environment, arguments: tuple[str, ...], code: int, words: str
) -> None:
    for spelled in (JSON, ("--log-format=json",)):
        result = call(duckdb_environment, *arguments, *spelled)
        (error,) = lines(result.stderr)
        assert result.exit_code == code and (error["level"], error["exit_code"]) == ("error", code)
        assert words in error["error"]
        lines(result.stdout)


def test_what_nobody_foresaw_is_json_with_its_place(
    duckdb_environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprise(*arguments: object) -> None:
        raise RuntimeError("a surprise of hunter2")

    monkeypatch.setattr("loader.cli.load_export", surprise)
    environment = {**duckdb_environment, "PGPASSWORD": "hunter2"}
    result = call(environment, "load", export(tmp_path, patient(ANN)), *JSON)
    (error,) = lines(result.stderr)
    assert result.exit_code == 1 and error["error"] == "a surprise of ***" and "in surprise" in error["traceback"]


def test_the_usage_of_text_stays_text(duckdb_environment: Environment) -> None:
    result = call(duckdb_environment, "load")
    assert result.exit_code == 2 and result.stderr.startswith("Usage:")
