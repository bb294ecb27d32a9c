"""What belongs to which step: time, memory, and what the server counted while several ran."""

import io
import json
import os
import shutil
import signal
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Event, Thread
from time import process_time, sleep

import psutil
import pytest
from rich.console import Console

from loader.progress import Reporter
from loader.watch import sampling
from loader.watch.dbt_lines import DbtLines
from loader.watch.sampling import WATCHER, Sampler, Server, memory_of_tree
from loader.watch.steps import STAGE, Step, Steps
from tests.loader.command_line import query


def node(event: str, name: str, at: datetime, kind: str = "model", status: str = "success", **data: object) -> str:
    return json.dumps({
        "info": {"name": event, "msg": f"1 of 2 {event} {name}\n  second line", "ts": at.isoformat()},
        "data": {
            "node_info": {
                "unique_id": f"{kind}.p.{name}", "node_name": name, "resource_type": kind, "node_status": status,
            },
            **data,
        },
    })


def test_what_was_counted_is_shared_by_time_among_the_steps_that_ran() -> None:
    steps = Steps()
    steps.account(100, {"wal_bytes": 1000})
    with steps.step(STAGE, "dbt") as stage:
        whole = steps.begin("model", "whole")
        sleep(0.05)
        half = steps.begin("model", "half")
        sleep(0.05)
        steps.end(half)
        steps.end(whole)
        steps.account(300, {"wal_bytes": 1900})
        late = steps.begin("test", "late")
        steps.account(200, {"wal_bytes": 2000})
    # One took twice as long as the other, so it has about two thirds; nothing is lost or counted twice.
    assert whole.used["wal_bytes"] + half.used["wal_bytes"] == pytest.approx(900)
    assert 500 < whole.used["wal_bytes"] < 700
    assert stage.used["wal_bytes"] == pytest.approx(1000) and late.used["wal_bytes"] == pytest.approx(100)
    assert steps.used == {"wal_bytes": 1000}
    assert (whole.peak_memory, late.peak_memory, steps.peak_memory) == (300, 300, 300)


def test_counters_that_begin_anew_after_a_crash_take_nothing_away() -> None:
    steps = Steps()
    step = steps.begin("model", "person")
    for counted in ({"wal_bytes": 500.0}, {}, {"wal_bytes": 20.0}, {"wal_bytes": 50.0}):
        steps.account(1, counted)
    assert step.used == {"wal_bytes": 30}


def test_a_file_lasts_from_its_first_part_to_its_last_also_when_it_is_copied_again() -> None:
    steps = Steps()
    for _ in range(2):
        with steps.part_of_file("patients.csv"), steps.part_of_file("patients.csv"):
            sleep(0.02)
        sleep(0.02)
    steps.file_done("patients.csv", 16, 1234)
    (step,) = steps.all
    assert (step.kind, step.rows, step.bytes, step.status) == ("file", 16, 1234, "done")
    assert 0.06 <= step.seconds < 1
    # A file of the same name in another load is another step.
    with steps.part_of_file("patients.csv"):
        pass
    assert len(steps.all) == 2


def test_what_fails_and_what_is_left_open_is_called_so() -> None:
    steps = Steps()
    with pytest.raises(LookupError), steps.step("step", "indexes"):
        raise LookupError
    steps.begin("model", "person")
    steps.close()
    assert [step.status for step in steps.all] == ["failed", "unfinished"]
    assert steps.all[1].seconds < 1


def test_dbts_nodes_are_steps_and_its_texts_are_for_people() -> None:
    steps, began = Steps(), datetime.now(UTC)
    lines = DbtLines(steps)
    said = [*lines.read(node("LogStartLine", "person", began - timedelta(seconds=4)))]
    assert said[0][8:] == "  1 of 2 LogStartLine person" and said[1:] == ["  second line"]
    (step,) = steps.all
    assert 4 <= step.seconds < 6 and step.ended is None
    list(lines.read(node("LogModelResult", "person", began, status="success")))
    list(lines.read(node("LogStartLine", "clean", began, kind="unknown")))
    assert (step.status, step.kind, step.name) == ("success", "model", "person") and len(steps.all) == 1
    made: dict[tuple[str, str], Step] = {}
    lines.complete(
        [{"unique_id": "model.p.person", "status": "success", "rows_affected": 16,
          "relation_name": '"memory"."omop"."person"'}, {"unique_id": "model.p.skipped", "status": "skipped"}],
        made,
    )
    assert step.rows == 16 and made == {("omop", "person"): step}
    assert [*lines.read("Traceback, and no JSON")] == ["Traceback, and no JSON"]
    assert [*lines.read('{"of": "another kind"}')] == ['{"of": "another kind"}']


def test_the_sampler_sees_the_memory_of_a_step_and_costs_little() -> None:
    steps, heard = Steps(), []
    with Sampler(steps, lambda ran, blockers: heard.append(len(ran))):
        with steps.step("model", "large") as large:
            block = bytearray(64 << 20)
            sleep(0.8)
            del block
        before = memory_of_tree()
    assert large.peak_memory > before + (48 << 20) and steps.peak_memory >= large.peak_memory
    assert len(heard) >= 3
    started = process_time()
    for _ in range(5):
        memory_of_tree()
    # Twice a second: less than a twentieth of a core, on any machine that runs tests.
    assert (process_time() - started) / 5 < 0.025


def test_a_program_that_java_is_about_to_start_has_no_memory_of_its_own(tmp_path: Path) -> None:
    """It shares what Java has until it is there, and would double it."""
    java = shutil.copy("/bin/bash", tmp_path / "java")
    with Popen([java, "-c", "exec 3<&0; (read line <&3; :) & echo; wait"], stdin=PIPE, stdout=PIPE) as process:
        assert process.stdin and process.stdout and process.stdout.readline()
        own = psutil.Process(process.pid)
        assert [child.exe() for child in own.children()] == [str(java)]
        assert memory_of_tree(process.pid) == own.memory_info().rss
        process.stdin.close()


def test_a_terminal_shows_rows_and_memory_beside_the_bar() -> None:
    shown = io.StringIO()
    teller = Reporter(Console(file=shown, force_terminal=True, force_interactive=True, width=160))
    teller.steps.account(123_000_000, {})
    teller.copied("patients.csv", 4321, 1.0, 10)
    with teller.counted_lines("dbt") as show:
        show("12 of 130 OK created sql table model omop.person .....", True)
    assert "4,321 rows" in shown.getvalue() and "123.0 MB" in shown.getvalue() and "12/130" in shown.getvalue()


def test_a_server_that_gives_no_answer_holds_up_no_run(
    postgres_environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in postgres_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sampling, "SECONDS_TO_ANSWER", 0.5)
    ended = Event()

    def run() -> None:
        with Sampler(Steps(), lambda *_: None) as sampler:
            sampler.server = Server()
            sampler.look()
            ((pid,),) = query(
                postgres_environment, f"select pid from pg_stat_activity where application_name = '{WATCHER}'"
            )
            stopped.append(pid)
            os.kill(pid, signal.SIGSTOP)
            # The thread asks, and waits.
            sleep(2 * sampling.SECONDS_BETWEEN_SAMPLES)
            sampler.look()
            assert sampler.server is None
        ended.set()

    stopped: list[int] = []
    Thread(target=run, daemon=True).start()
    try:
        assert ended.wait(60)
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
