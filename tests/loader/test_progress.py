"""What a person sees while the work goes on: bars on a terminal, lines elsewhere."""

import io
import os
import pty
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.console import Console

from loader import progress
from loader.csv_file import CsvFile
from loader.databases import open_database
from loader.load.headers import recognise
from loader.progress import Reporter
from loader.settings import Settings
from tests.loader.exports import ANN, condition, export, patient
from tests.support.commands import synthea_omop_command

Environment = Mapping[str, str]


def reporter(is_terminal: bool) -> tuple[Reporter, io.StringIO]:
    shown = io.StringIO()
    return Reporter(Console(file=shown, force_terminal=is_terminal, force_interactive=is_terminal, width=120)), shown


def test_a_terminal_has_a_bar_with_bytes_rate_and_time_left() -> None:
    teller, shown = reporter(is_terminal=True)
    with teller.bytes_bar("Copying", 2_000_000) as advance:
        advance(1_000_000)
    assert "Copying" in shown.getvalue() and "1.0/2.0 MB" in shown.getvalue() and "left" in shown.getvalue()
    with teller.counted_lines("dbt") as show:
        show("12 of 130 OK created sql table model omop.person .....", True)
        show("13 of 130 PASS some_test", False)
    assert "13/130" in shown.getvalue() and "omop.person" in shown.getvalue() and "PASS" not in shown.getvalue()
    with teller.step("indexes"):
        pass
    assert "Indexes" in shown.getvalue()


def test_elsewhere_a_long_work_says_now_and_then_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    teller, shown = reporter(is_terminal=False)
    with teller.bytes_bar("Copying", 2_000_000) as advance:
        advance(500_000)
        advance(1_500_000)
    with teller.step("indexes"), teller.counted_lines("dbt") as show:
        show("12 of 130 OK created sql table model omop.person", True)
        show("13 of 130 PASS some_test", False)
    first, second = shown.getvalue().splitlines()
    assert first.startswith("  Copying: 500.0 kB of 2.0 MB, ") and first.endswith(" s left")
    assert second == "12 of 130 OK created sql table model omop.person"


def test_a_short_work_says_nothing_elsewhere() -> None:
    teller, shown = reporter(is_terminal=False)
    with teller.bytes_bar("Copying", 2) as advance:
        advance(1)
    assert shown.getvalue() == ""


def test_each_engine_tells_every_byte_once(engine_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path, patient(ANN), conditions=tuple(condition(ANN, str(n)) for n in range(50_000)))
    file: CsvFile = recognise("conditions", folder / "conditions.csv")
    database_file = Path(engine_environment.get("SYNTHEA_OMOP_DATABASE", ""))
    told: list[int] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("loader.databases.duckdb.SECONDS_BETWEEN_QUESTIONS", 0.001)
        for name, value in engine_environment.items():
            patched.setenv(name, value)
        with open_database(Settings(engine_environment["SYNTHEA_OMOP_TARGET"], database_file, "1GB")) as database:
            rows = database.copy(
                file, "raw_synthea.conditions", {"batch_id": 1, "file_name": "conditions.csv"}, told.append
            )
    assert rows == 50_000 and sum(told) == file.path.stat().st_size and len(told) > 1 and min(told) >= 0


def test_the_command_draws_on_a_terminal(engine_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path, patient(ANN))
    ours, theirs = pty.openpty()
    environment = {**engine_environment, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        synthea_omop_command("load", str(folder)), env=environment, stdin=subprocess.DEVNULL, stdout=theirs,
        stderr=subprocess.STDOUT,
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65_536)
            except OSError:  # The other end is closed.
                break
            if not part:
                break
            shown += part
    os.close(ours)
    assert process.returncode == 0 and b"Copying" in shown and b"\x1b[" in shown and b"Loaded batch 1" in shown
