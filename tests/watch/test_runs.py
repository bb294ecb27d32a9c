"""Runs of the sample as an operator's job: the exit code, the summary, the ledger, and what is told meanwhile."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from loader.watch.alerts import FLOOR_SECONDS
from tests.loader.command_line import call, fail, query, succeed
from tests.loader.exports import ANN, CONDITIONS, export, patient, write
from tests.loader.interruption import wait_until
from tests.support.environments import ENGINES
from tests.watch.conftest import History

Environment = Mapping[str, str]
COUNTERS = ("blocks_read", "temp_bytes", "wal_bytes", "lock_wait_seconds")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_whole_run_ends_with_0_and_says_so_everywhere(histories: dict[str, History], engine: str) -> None:
    run, environment = histories[engine].whole, histories[engine].environment
    assert run.code == 0 and run.stderr == "", run.stdout + run.stderr
    assert run.runs[-1][:4] == (2, "done", 0, 1)
    summary = run.summary
    assert {name: summary[name] for name in ("verb", "run_id", "outcome", "exit_code", "error")} == {
        "verb": "run", "run_id": 2, "outcome": "done", "exit_code": 0, "error": None,
    }
    assert list(summary["steps"])[-3:] == ["tidy", "summary", "report"] and summary["steps"]["dbt"] > 1
    assert sum(summary["steps"].values()) <= summary["seconds"] + 0.1
    # This process's own memory is not in it, dbt's is.
    assert 50_000_000 < summary["peak_memory"] < 2_000_000_000
    (built,) = query(environment, "select max(build_id), max(rows) from etl.build where build_id ="
                                  " (select max(build_id) from etl.build)")
    assert (summary["build_id"], summary["rows_built"]) == built
    assert histories[engine].page.read_text(encoding="utf-8").startswith("<!")


@pytest.mark.parametrize("engine", ENGINES)
def test_every_line_of_a_run_is_json_when_that_is_asked_for(histories: dict[str, History], engine: str) -> None:
    said = [json.loads(line) for line in histories[engine].whole.stdout.splitlines()]
    assert {"command started", "step finished", "model success", "table", "run ended"} <= {line["event"] for line in said}
    (ended,) = [line for line in said if line["event"] == "run ended"]
    assert (ended["run"], ended["exit_code"], ended["outcome"]) == (2, 0, "done")
    assert any("Done. PASS=" in line.get("message", "") for line in said)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_stage_model_seed_and_test_is_a_step(histories: dict[str, History], engine: str) -> None:
    environment = histories[engine].environment
    steps = query(environment, "select kind, step, status, seconds, peak_memory from etl.run_step where run_id = 2")
    build = "(select max(build_id) from etl.build_step)"
    by_dbt = query(
        environment, f"select kind, name, status, seconds from etl.build_step where build_id = {build}"
                     " and status <> 'skipped'"
    )
    assert len(by_dbt) > 150
    ours = {(kind, name): (status, seconds) for kind, name, status, seconds, _ in steps}
    assert {(kind, name) for kind, name, _, _ in by_dbt} <= set(ours)
    for kind, name, status, seconds in by_dbt:
        found_status, found_seconds = ours[(kind, name)]
        # dbt's own measure leaves out what it does around the statement.
        assert found_status == status and found_seconds >= seconds - 0.1, name
    assert {name for kind, name, *_ in steps if kind == "stage"} >= {"load", "vocabulary", "dbt", "tidy", "summary"}
    assert all(seconds >= 0 and memory > 0 for *_, seconds, memory in steps)


@pytest.mark.parametrize("engine", ENGINES)
def test_files_and_tables_have_their_rows_and_bytes(histories: dict[str, History], engine: str) -> None:
    environment = histories[engine].environment
    files = query(
        environment, "select step, rows, bytes from etl.run_step where run_id = 1 and kind = 'file' order by step"
    )
    assert files == query(environment, "select file_name, rows_loaded, bytes from etl.load_file order by file_name")
    models = dict(query(
        environment, "select step, rows from etl.run_step where run_id = 2 and kind = 'model' and bytes > 0"
    ))
    for name in ("person", "measurement", "visit_occurrence", "drug_era"):
        assert models[name] == query(environment, f"select count(*) from omop.{name}")[0][0]
    assert query(environment, "select count(*) from etl.run_step where run_id = 2 and kind = 'test' and rows = 0")[0][0] > 30


def test_postgresql_says_what_each_step_cost_it(histories: dict[str, History]) -> None:
    environment = histories["postgres"].environment
    for names, total in (
        ("kind = 'stage'", "wal_bytes"), ("kind in ('model', 'seed', 'test', 'hook')", "wal_bytes"),
    ):
        ((steps, run),) = query(
            environment,
            f"select sum(step.{total}), max(run.{total}) from etl.run_step as step"
            f" inner join etl.run as run on step.run_id = run.run_id where run.run_id = 2 and {names}",
        )
        # What is counted while nothing of the kind runs belongs to nobody.
        assert 0.5 * run < steps <= 1.001 * run and run > 1_000_000, names
    assert query(environment, "select count(*) from etl.run_step where run_id = 2 and kind = 'model'"
                              " and (blocks_read is null or temp_bytes is null)") == [(0,)]
    duckdb = histories["duckdb"].environment
    nothing = " and ".join(f"{name} is null" for name in COUNTERS)
    assert query(duckdb, f"select count(*) from etl.run where not ({nothing})") == [(0,)]


def test_a_step_that_takes_too_long_is_told_while_it_runs(histories: dict[str, History]) -> None:
    """On DuckDB than the median of the runs before, on PostgreSQL than the user allows."""
    for engine, least, median, words in (
        ("duckdb", FLOOR_SECONDS, 0.5, "times the median of its last 3 runs (0.5 s)"), ("postgres", 1, None, "more than 1 s"),
    ):
        run = histories[engine].whole
        ((at, news),) = [(at, news) for at, _, news in run.hook.posted if news.get("step") == "dbt"]
        assert news["event"] == "slow step" and news["running"] and at < run.ended_at - 0.5
        assert least < news["seconds"] and news["median_seconds"] == median
        assert run.summary["alerts"] == len(run.hook.posted)
        warnings = [line for line in map(json.loads, run.stdout.splitlines()) if line["level"] == "warning"]
        (said,) = [line["message"] for line in warnings if "The stage dbt takes longer" in line.get("message", "")]
        assert words in said and said == news["text"]


def test_who_holds_a_lock_that_the_run_waits_for_is_told(histories: dict[str, History]) -> None:
    run, environment = histories["postgres"].whole, histories["postgres"].environment
    (news,) = run.hook.events("lock wait")
    assert "(postgres, an analyst)" in news["blocked_by"] and "waits for a lock" in news["text"]
    ((waited, step),) = query(
        environment, "select run.lock_wait_seconds, (select max(lock_wait_seconds) from etl.run_step"
                     " where run_id = 2 and kind <> 'stage') from etl.run where run_id = 2"
    )
    assert 0 < step <= waited < 20


def test_a_build_whose_sessions_are_lost_is_made_again(histories: dict[str, History]) -> None:
    run, environment = histories["postgres"].disturbed, histories["postgres"].environment
    assert run.code == 0, run.stdout + run.stderr
    assert "The server broke off while dbt was at work: building again" in run.stdout
    assert run.runs == [(1, "done", 0, 2, None)] and run.summary["builds"] == 2
    outcomes = query(environment, "select outcome from etl.build where build_id = 1 or finished_at is not null")
    assert ("started",) in outcomes and ("done",) in outcomes
    # The same as a build from nothing has made on the other engine.
    counted = "select count(*), min(person_id), max(measurement_id) from omop.measurement"
    assert query(environment, counted) == query(histories["duckdb"].environment, counted)


def test_a_run_that_is_told_to_end_is_in_the_ledger_and_the_next_one_goes_on(histories: dict[str, History]) -> None:
    run = histories["duckdb"].disturbed
    assert run.code == 3 and "The run was ended by a signal" in run.stdout and "Traceback" not in run.stdout
    # The fixture waited for the bar over dbt's nodes, with rows and memory; there was one over the files too.
    assert re.search(r"Copying .* MB", run.stdout) and "left" in run.stdout
    assert run.runs == [(1, "interrupted", 3, 1, run.summary["error"])]
    assert run.summary["rows_loaded"] > 10_000
    (news,) = run.hook.events("run failed")
    assert (news["exit_code"], news["outcome"]) == (3, "interrupted")


@pytest.mark.parametrize("engine", ENGINES)
def test_status_shows_the_runs_and_what_their_steps_took_before(histories: dict[str, History], engine: str) -> None:
    environment = histories[engine].environment
    output = succeed(environment, "status", "--history")
    lines = [" ".join(line.split()) for line in output.splitlines()]
    (first,) = [line for line in lines if line.startswith("1 run ")]
    (second,) = [line for line in lines if line.startswith("2 run ")]
    assert (" interrupted 3 " if engine == "duckdb" else " done 0 ") in first and " done 0 " in second
    (dbt,) = [line for line in lines if line.startswith("stage dbt ")]
    assert dbt.split()[2] == "done"
    assert "1 run " not in " ".join(succeed(environment, "status", "--history", "1").split())


def test_a_run_that_fails_to_load_is_in_the_ledger_with_its_code(histories: dict[str, History], tmp_path: Path) -> None:
    environment = {**histories["duckdb"].environment, "PGPASSWORD": "hunter2"}
    before = query(environment, "select count(*) from etl.run")
    export(tmp_path / "hunter2", patient(ANN))
    write(tmp_path / "hunter2" / "conditions.csv", CONDITIONS, "<html>")
    for summary in (str(tmp_path / "summary.json"), "-"):
        result = call(environment, "run", tmp_path / "hunter2", "--summary", summary)
        assert result.exit_code == 1
        text = result.stdout.splitlines()[-1] if summary == "-" else Path(summary).read_text()
        found = json.loads(text)
        assert (found["outcome"], found["exit_code"], found["build_id"]) == ("load failed", 1, None)
        assert "conditions.csv, line 2" in found["error"] and "hunter2" not in text
    last = "select outcome, exit_code, error, rows_loaded from etl.run order by run_id desc limit 1"
    assert query(environment, last) == [("load failed", 1, found["error"], None)]
    # One that finds no export at all is a run as well, and makes no database where there is none.
    fail(environment, "run", tmp_path / "nowhere")
    assert query(environment, "select count(*) from etl.run") == [(before[0][0] + 3,)]
    elsewhere = tmp_path / "elsewhere.duckdb"
    fail(environment, "run", tmp_path / "nowhere", "--database", elsewhere)
    assert not elsewhere.exists()


def test_a_run_with_nothing_to_do_says_so_and_writes_nothing(histories: dict[str, History], tmp_path: Path) -> None:
    environment = histories["duckdb"].environment
    before = query(environment, "select count(*) from etl.run")
    output = succeed(environment, "run", "--summary", tmp_path / "summary.json")
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert "nothing to do" in output and (summary["outcome"], summary["exit_code"]) == ("unchanged", 0)
    assert query(environment, "select count(*) from etl.run") == before


def test_a_summary_that_cannot_be_written_is_said_and_fails_no_run(
    histories: dict[str, History], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    output = succeed(histories["duckdb"].environment, "run", "--summary", tmp_path / "file" / "summary.json")
    assert "summary.json cannot be written: Not a directory" in output


def test_a_page_for_no_folder_is_refused_before_anything_is_done(duckdb_environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for page in (tmp_path / "nowhere" / "page.html", tmp_path / "file" / "page.html"):
        error = fail(duckdb_environment, "run", "--report", page, code=2)
        assert "--report" in error and f"{page.parent} is no folder that can be written to" in error
    assert not Path(duckdb_environment["SYNTHEA_OMOP_DATABASE"]).exists()


def test_the_summary_is_the_last_line_beside_the_lines_of_the_log_too(
    duckdb_environment: Environment, tmp_path: Path
) -> None:
    result = call(duckdb_environment, "run", tmp_path / "nowhere", "--summary", "-", "--log-format", "json")
    *lines, last = [json.loads(line) for line in result.stdout.splitlines()]
    assert (last["outcome"], last["exit_code"]) == ("load failed", 1) and "event" not in last
    assert [line["event"] for line in lines][-2:] == ["run ended", "command failed"]


def test_an_address_that_is_none_is_wrong_usage_and_is_not_repeated(duckdb_environment: Environment) -> None:
    error = fail(duckdb_environment, "run", "--alert-url", "ftp://ann:s3cret@host", code=2)
    assert "--alert-url" in error and "s3cret" not in error


def test_no_session_and_no_process_is_left(histories: dict[str, History]) -> None:
    environment = histories["postgres"].environment
    wait_until(lambda: not query(
        environment, "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    ))
    marker, left = environment["DBT_TARGET_PATH"], []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if marker in " ".join(process.cmdline()):
                left.append(process)
    assert left == []
