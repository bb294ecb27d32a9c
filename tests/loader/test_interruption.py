"""Loads that are killed for real, servers that crash: the state before the load or after it; the next load goes on."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from loader.load.raw_tables import RAW_TABLES
from tests.loader.command_line import Rows, call, connect_to_postgres, fail, first_names, queries, query, succeed
from tests.loader.exports import ANN, BEN, CONDITIONS, condition, export, patient, write
from tests.loader.interruption import HELD, kill_at, wait_until
from tests.support.commands import dbt, synthea_omop_command
from tests.support.environments import engine_of, postgres_environment
from tests.support.postgres_server import PostgresServer, postgres_server

Environment = Mapping[str, str]
# Where a load is held until it is killed: module, function, and whether before or after it is called. After one of them comes
# the next, but for those that commit.
POINTS = (
    ("loader.load.lines", "Lines.compare", "before"),
    ("loader.load.lines", "Lines.keep_hashes", "before"),
    ("loader.load.parallel", "Copying.run", "before"),
    ("loader.load.parallel", "Copying._compare", "before"),
    ("loader.load.loading", "finish_batch", "before"),
    ("loader.load.parallel", "Copying.commit", "before"),
    ("loader.load.parallel", "Copying.commit", "after"),
    ("loader.load.loading", "settle", "before"),
    ("loader.load.loading", "settle", "after"),
)


def state(environment: Environment) -> list[Rows]:
    """Rows by batch, what the ledger says of them, the sentinel, and the changes."""
    batches = " union all ".join(f'select batch_id from raw_synthea."{name}"' for name in RAW_TABLES)
    return queries(environment, [
        f"select batch_id, count(*) from ({batches}) as rows group by 1 order by 1",
        "select batch_id, rows_loaded from etl.load_batch where outcome = 'loaded' order by 1",
        "select batch_id from raw_synthea.alive",
        "select change_id, batch_id, change from etl.patient_change order by 1",
    ])


@pytest.mark.parametrize("point", POINTS, ids=lambda point: "-".join(point[1:]))
def test_a_killed_load_leaves_the_state_before_or_after_it(
    engine_environment: Environment, tmp_path: Path, point: tuple[str, str, str]
) -> None:
    first = export(tmp_path / "first", patient(ANN), patient(BEN, first="Ben"), conditions=(condition(ANN, "1"),))
    second = export(tmp_path / "second", patient(ANN, first="Anna"), conditions=(condition(ANN, "2"),) * 3)
    status = "select batch_id, outcome from etl.load_batch order by 1"

    kill_at(engine_environment, *point, "load", first)
    done = query(engine_environment, status) == [(1, "loaded")]
    rows = [query(engine_environment, f'select count(*) from raw_synthea."{name}"')[0][0] for name in RAW_TABLES]
    # On PostgreSQL the workers commit just before the session that writes the ledger: rows without a sentinel.
    torn = engine_of(engine_environment) == "postgres" and point[1:] == ("Copying.commit", "after")
    assert torn or (sum(rows) > 0) == done
    assert query(engine_environment, "select count(*) from raw_synthea.alive") == [(int(done),)]
    if not done:
        assert "Batch 1 broke off: nothing of it was kept" in succeed(engine_environment, "status")
    succeed(engine_environment, "load", first)
    assert query(engine_environment, status) == ([(1, "loaded")] if done else [(1, "broken"), (2, "loaded")])
    assert first_names(engine_environment) == ["Ann", "Ben"]
    assert query(engine_environment, "select count(*) from raw_synthea.conditions") == [(1,)]

    before = state(engine_environment)
    kill_at(engine_environment, *point, "load", second)
    done = query(engine_environment, status)[-1][1] == "loaded"
    assert done or state(engine_environment) == before
    assert first_names(engine_environment) == (["Anna", "Ben"] if done else ["Ann", "Ben"])
    succeed(engine_environment, "load", second)
    assert first_names(engine_environment) == ["Anna", "Ben"]
    assert query(engine_environment, "select code from raw_synthea.conditions") == [("2",)] * 3
    assert ("running",) not in query(engine_environment, "select outcome from etl.load_batch")
    if engine_of(engine_environment) == "postgres":
        assert query(engine_environment, "select 1 from pg_namespace where nspname = 'raw_arrivals'") == []
        indexed = query(
            engine_environment, "select count(distinct tablename) from pg_indexes where schemaname = 'raw_synthea'"
        )
        assert indexed == [(len(RAW_TABLES),)]


def test_a_load_killed_at_any_moment(engine_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path, patient(ANN), conditions=tuple(condition(ANN, str(n)) for n in range(60_000)))
    command = synthea_omop_command("load", str(folder), "--workers", "3")
    for wait in (0.3, 0.6, 0.9, 1.2):
        with subprocess.Popen(command, env=dict(engine_environment), stdout=subprocess.DEVNULL) as process:
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
        if call(engine_environment, "status").exit_code:
            continue
        loaded = query(engine_environment, "select count(*) from etl.load_batch where outcome = 'loaded'")[0][0]
        assert query(engine_environment, "select count(*) from raw_synthea.conditions") == [(60_000 * min(loaded, 1),)]
        write(folder / "conditions.csv", CONDITIONS, *(condition(ANN, str(n + loaded)) for n in range(60_000)))
    succeed(engine_environment, "load", folder)
    assert query(engine_environment, "select count(*) from raw_synthea.conditions") == [(60_000,)]


def test_a_build_refuses_raw_tables_that_a_killed_load_has_left(
    engine_environment: Environment, tmp_path: Path
) -> None:
    kill_at(engine_environment, "loader.load.loading", "finish_batch", "before", "load", export(tmp_path, patient(ANN)))
    with pytest.raises(AssertionError, match="A load is under way or was killed"):
        dbt("run", "--select", "person", environment=engine_environment)


@pytest.fixture
def own_server() -> Mapping[str, object]:
    """A server that the test may crash."""
    with postgres_server() as server:
        yield server


def test_a_crash_of_the_server_empties_the_tables_and_the_next_load_fills_them(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    folder = export(tmp_path / "both", patient(ANN), patient(BEN))
    with postgres_environment(own_server, tmp_path) as environment:
        succeed(environment, "load", folder)
        crash(environment)
        assert query(environment, "select count(*) from raw_synthea.patients") == [(0,)]
        with pytest.raises(AssertionError, match="The raw tables hold no data"):
            dbt("run", "--select", "person", environment=environment)
        status = succeed(environment, "status")
        assert "The raw rows of 2 patients are gone" in status and f"synthea-omop load {folder}  (2 patients)" in status
        succeed(environment, "load", folder)
        assert first_names(environment) == ["Ann", "Ann"]
        assert query(environment, "select batch_id from raw_synthea.alive") == [(2,)]
        assert "are gone" not in succeed(environment, "status")


def test_hashes_from_before_a_crash_say_nothing(own_server: PostgresServer, tmp_path: Path) -> None:
    """They are in a table that outlives it, the rows that they are of are not."""
    ann = export(tmp_path / "ann", patient(ANN))
    both = export(tmp_path / "both", patient(ANN), patient(BEN))
    with postgres_environment(own_server, tmp_path) as environment:
        succeed(environment, "load", both)
        assert query(environment, "select count(*) from etl.patient_hash") == [(2,)]
        crash(environment)
        assert "1 changed, 1 removed" in succeed(environment, "load", ann)
        assert "1 patients new, 0 changed" in succeed(environment, "load", both)
        assert first_names(environment) == ["Ann", "Ann"]


def test_patients_that_do_not_come_back_after_a_crash_are_named_with_the_way_back(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    """They are `removed`: an incremental build has to equal a full refresh, and that would not find them."""
    ann = export(tmp_path / "ann", patient(ANN))
    both = export(tmp_path / "both of them", patient(ANN, first="Anna"), patient(BEN, first="Ben"))
    ben = export(tmp_path / "ben", patient(BEN, first="Benno"))
    with postgres_environment(own_server, tmp_path) as environment:
        for folder in (ann, both, ben):
            assert "crash" not in succeed(environment, "load", folder)
        crash(environment)
        output = succeed(environment, "load", ann)
        assert "1 changed, 1 removed" in output
        assert "1 patient that was loaded before a crash of PostgreSQL" in output
        assert "To have it back, with the same ids, load again, in this order:" in output
        order = [f"synthea-omop load '{both}'  (1 patient)", f"synthea-omop load {ben}  (1 patient)"]
        assert [line.strip() for line in output.splitlines() if line.startswith("  synthea-omop")] == order
        for folder in (both, ben):
            succeed(environment, "load", folder)
        assert first_names(environment) == ["Anna", "Benno"]
        # A snapshot says itself that nobody else is there.
        crash(environment)
        output = succeed(environment, "load", ann, "--snapshot")
        assert "1 removed" in output and "crash" not in output
        # Who is no longer where they were loaded from.
        cid = export(tmp_path / "cid", patient("c0000000-0000-0000-0000-000000000003"))
        succeed(environment, "load", cid)
        crash(environment)
        assert "put it there again and load it" in succeed(environment, "load", export(cid, patient(ANN)))


def test_a_load_outlives_a_crash_of_the_server(own_server: PostgresServer, tmp_path: Path) -> None:
    folder = export(tmp_path, patient(ANN))
    with postgres_environment(own_server, tmp_path) as environment:
        command = [synthea_omop_command()[0], "-c", HELD.replace("time.sleep(600)", "time.sleep(2)")
                   .replace("setattr(owner, last, held)", "setattr(owner, last, once)")
                   .replace("def held", "calls = []\ndef once(*a, **k):\n    calls.append(1)\n"
                            "    return (held if len(calls) == 1 else function)(*a, **k)\ndef held")
                   .replace("time.sleep(2)", "time.sleep(2)\n    return result"),
                   "loader.load.parallel", "Copying.run", "after", "load", str(folder)]
        with subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            while process.stdout.readline() != "held\n":
                assert process.poll() is None
            crash(environment)
            output = process.stdout.read()
        assert process.returncode == 0 and "loading again" in output, output
        assert first_names(environment) == ["Ann"]


def test_two_loads_at_once_on_one_file_do_not_mix(duckdb_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path, patient(ANN))
    command = [
        synthea_omop_command()[0], "-c", HELD, "loader.load.loading", "finish_batch", "before", "load", str(folder),
    ]
    with subprocess.Popen(command, env=dict(duckdb_environment), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while process.stdout.readline() != "held\n":
            assert process.poll() is None
        assert f"in use by process {process.pid}" in fail(duckdb_environment, "load", folder)
        process.kill()
    succeed(duckdb_environment, "load", folder)
    assert first_names(duckdb_environment) == ["Ann"]


def crash(environment: Environment) -> None:
    """Kill one backend without warning: the server throws all sessions out and recovers."""
    connection = connect_to_postgres(environment)
    os.kill(connection.info.backend_pid, signal.SIGKILL)
    time.sleep(0.3)

    def is_back() -> bool:
        try:
            query(environment, "select 1")
        except Exception:  # noqa: BLE001 - a server that is not back says so in many ways
            return False
        return True

    wait_until(is_back)
