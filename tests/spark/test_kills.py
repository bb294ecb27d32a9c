"""Loads that are killed for real: readers keep a whole state, and the next command shows what was committed."""

import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.loader.command_line import succeed
from tests.loader.exports import ANN, BEN, CONDITIONS, condition, export, patient, write
from tests.loader.interruption import kill_at
from tests.spark.warehouse import files, seen, version, warehouse_of
from tests.support.commands import synthea_omop_command

Environment = Mapping[str, str]
POINTS = (
    ("loader.load.loading", "finish_batch"),
    ("loader.databases.published", "Published._write_table"),
    ("loader.databases.published", "Published.write"),
    ("loader.databases.snapshots", "Snapshots.show"),
)
CODES = "select code, count(*) from raw_synthea.conditions group by 1 order by 1"


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point[1])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_load_leaves_readers_a_whole_state(
    spark_environment: Environment, tmp_path: Path, point: tuple[str, str], when: str
) -> None:
    first = export(tmp_path / "first", patient(ANN), patient(BEN, first="Ben"), conditions=(condition(ANN, "1"),))
    second = export(tmp_path / "second", patient(ANN, first="Anna"), conditions=(condition(ANN, "2"),) * 3)
    succeed(spark_environment, "load", first)
    before, state = files(spark_environment), version(spark_environment)

    kill_at(spark_environment, *point, when, "load", second)
    is_shown = point[1] == "Snapshots.show" and when == "after"
    if is_shown:
        assert seen(spark_environment, CODES) == [("2", 3)]
    else:
        assert (files(spark_environment), version(spark_environment)) == (before, state)
        assert seen(spark_environment, CODES) == [("1", 1)]
    # Before it is shown the load is committed.
    said = succeed(spark_environment, "load", second)
    assert ("nothing to do" in said) == (point[1] == "Snapshots.show")
    assert seen(spark_environment, CODES) == [("2", 3)]
    assert seen(spark_environment, "select first from raw_synthea.patients order by id") == [("Anna",), ("Ben",)]
    kept = sorted(path.name for path in (warehouse_of(spark_environment) / "snapshots").iterdir())
    assert kept[-1] == version(spark_environment) and len(kept) == 2


def test_a_killed_first_load_leaves_an_empty_warehouse(spark_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path, patient(ANN))
    kill_at(spark_environment, "loader.databases.published", "Published._set_buckets", "after", "load", folder)
    assert not (warehouse_of(spark_environment) / "current").exists()
    succeed(spark_environment, "load", folder)
    assert seen(spark_environment, "select id from raw_synthea.patients") == [(ANN,)]


def test_a_load_killed_at_any_moment_is_seen_whole_or_not(spark_environment: Environment, tmp_path: Path) -> None:
    folder, rows = export(tmp_path, patient(ANN)), 60_000
    for wait in (0.4, 0.8, 1.2, 1.6, 2.0):
        write(folder / "conditions.csv", CONDITIONS, *(condition(ANN, str(wait)) for _ in range(rows)))
        with subprocess.Popen(
            synthea_omop_command("load", str(folder)), env=dict(spark_environment), stdout=subprocess.DEVNULL
        ) as process:
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
        if (warehouse_of(spark_environment) / "current").exists():
            found = seen(spark_environment, CODES)
            assert found == [] or [count for _, count in found] == [rows]
            in_ledger = "select count(*) from etl.load_batch where outcome = 'loaded'"
            assert bool(found) == bool(seen(spark_environment, in_ledger)[0][0])
    succeed(spark_environment, "load", folder)
    assert seen(spark_environment, CODES) == [("2.0", rows)]
