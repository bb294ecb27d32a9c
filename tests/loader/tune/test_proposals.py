"""The settings that follow from a machine."""

from pathlib import Path

import pytest

from loader.tune.machine import Machine
from loader.tune.proposals import GB, MB, duckdb_proposals, postgres_proposals, size

LARGE = Machine(cores=16, memory=64 * GB, rotational=False, free=1000 * GB)
SMALL = Machine(cores=1, memory=512 * MB, rotational=True, free=5 * GB)


def values(machine: Machine) -> dict[str, str | None]:
    return {line.name: line.value for line in postgres_proposals(machine)}


def test_a_large_machine() -> None:
    assert values(LARGE) == {
        "shared_buffers": "16GB", "effective_cache_size": "48GB", "work_mem": "409MB", "maintenance_work_mem": "2GB",
        "max_wal_size": "32GB", "checkpoint_timeout": "30min", "max_parallel_workers_per_gather": "4",
        "synchronous_commit": "off", "random_page_cost": "1.1", "effective_io_concurrency": "200",
    }


def test_a_small_machine() -> None:
    assert values(SMALL) == {
        "shared_buffers": "128MB", "effective_cache_size": "384MB", "work_mem": "16MB", "maintenance_work_mem": "64MB",
        "max_wal_size": "1GB", "checkpoint_timeout": "30min", "max_parallel_workers_per_gather": "0",
        "synchronous_commit": "off", "random_page_cost": "4", "effective_io_concurrency": "2",
    }


def test_what_is_not_known_of_the_machine_is_left_open() -> None:
    found = values(Machine(None, None, None, None))
    assert {name for name, value in found.items() if value} == {"max_wal_size", "checkpoint_timeout", "synchronous_commit"}


@pytest.mark.parametrize("machine", [LARGE, SMALL])
def test_all_at_once_fits_into_the_memory(machine: Machine) -> None:
    found = {name: _bytes(value) for name, value in values(machine).items() if value and value.endswith("B")}
    workers = 1 + int(values(machine)["max_parallel_workers_per_gather"] or 0)
    assert found["shared_buffers"] + 8 * workers * found["work_mem"] + 2 * found["maintenance_work_mem"] <= machine.memory


def _bytes(text: str) -> int:
    return int(text[:-2]) * {"MB": MB, "GB": GB}[text[-2:]]


@pytest.mark.parametrize(("count", "text"), [(GB, "1GB"), (1500 * MB, "1500MB"), (14 * GB + 9, "14GB"), (64 * MB, "64MB")])
def test_sizes_are_written_as_a_person_would(count: int, text: str) -> None:
    assert size(count) == text


def test_duckdb(tmp_path: Path) -> None:
    found = {line.name: line for line in duckdb_proposals(LARGE, tmp_path / "cdm.duckdb", "1GB")}
    assert {name: line.value for name, line in found.items()} == {
        "threads": "16", "memory_limit": "38GB", "temp_directory": f"{tmp_path}/cdm.duckdb.tmp",
    }
    assert found["memory_limit"].present == "1GB" and "--memory-limit 38GB" in found["memory_limit"].how
