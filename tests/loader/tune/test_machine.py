"""What the machine has, read from a tree that looks like /sys and /proc."""

import os
from pathlib import Path

import psutil
import pytest

from loader.tune.machine import Machine, is_rotational, this_machine

UNIFIED = "0::/system.slice/job.scope\n"
OWN_TREES = "5:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n"


def tree(root: Path, **files: str) -> Path:
    """A root folder with these files; `__` in a name stands for a slash."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("DOT", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def test_without_a_cgroup_it_is_the_whole_machine(tmp_path: Path) -> None:
    machine = this_machine(None, tmp_path)
    assert machine == Machine(len(os.sched_getaffinity(0)), psutil.virtual_memory().total, None, None)


@pytest.mark.parametrize(
    ("where", "limit"), [("sys__fs__cgroup__system.slice__job.scope", 300), ("sys__fs__cgroup__system.slice", 200)]
)
def test_the_least_limit_of_the_cgroup_and_those_around_it_counts(tmp_path: Path, where: str, limit: int) -> None:
    files = {
        "proc__self__cgroup": UNIFIED, "sys__fs__cgroup__system.slice__job.scope__memory.max": str(300 << 20),
        f"{where}__memory.max": str(limit << 20),
    }
    assert this_machine(None, tree(tmp_path, **files)).memory == limit << 20


def test_no_limit_is_none(tmp_path: Path) -> None:
    files = {
        "proc__self__cgroup": UNIFIED + OWN_TREES, "sys__fs__cgroup__system.slice__job.scope__memory.max": "max",
        "sys__fs__cgroup__memory__memory.limit_in_bytes": "9223372036854771712",
    }
    assert this_machine(None, tree(tmp_path, **files)).memory == psutil.virtual_memory().total


def test_a_container_s_limits_are_at_the_root_of_the_mount(tmp_path: Path) -> None:
    """Its path is the host's, which it does not see."""
    files = {
        "proc__self__cgroup": OWN_TREES, "sys__fs__cgroup__memory__memory.limit_in_bytes": str(512 << 20),
        "sys__fs__cgroup__cpu__cpu.cfs_quota_us": "50000", "sys__fs__cgroup__cpu__cpu.cfs_period_us": "100000",
    }
    machine = this_machine(None, tree(tmp_path, **files))
    assert (machine.memory, machine.cores) == (512 << 20, 1)


@pytest.mark.parametrize(("quota", "cores"), [("max 100000", None), ("50000 100000", 1), ("99900000 100000", None)])
def test_a_share_of_processor_time_is_so_many_cores(tmp_path: Path, quota: str, cores: int | None) -> None:
    files = {"proc__self__cgroup": "0::/\n", "sys__fs__cgroup__cpu.max": quota}
    assert this_machine(None, tree(tmp_path, **files)).cores == (cores or len(os.sched_getaffinity(0)))


@pytest.mark.parametrize(("text", "expected"), [("1", True), ("0", False)])
@pytest.mark.parametrize("is_partition", [True, False])
def test_the_disk_says_whether_it_turns(tmp_path: Path, text: str, expected: bool, is_partition: bool) -> None:
    disk = tmp_path / "sys/devices/disk"
    device = disk / "partition" if is_partition else disk
    device.mkdir(parents=True)
    (disk / "queue").mkdir()
    (disk / "queue/rotational").write_text(text)
    (tmp_path / "sys/dev/block").mkdir(parents=True)
    number = tmp_path.stat().st_dev
    (tmp_path / f"sys/dev/block/{os.major(number)}:{os.minor(number)}").symlink_to(device)
    assert is_rotational(tmp_path, tmp_path) is expected


def test_a_mount_without_a_device_number_of_its_own_is_found_by_its_source(tmp_path: Path) -> None:
    number = tmp_path.stat().st_dev
    line = f"30 1 {os.major(number)}:{os.minor(number)} / /data rw - btrfs /dev/sdz1 rw"
    files = {"proc__self__mountinfo": line, "sys__class__block__sdz1__queue__rotational": "0"}
    assert is_rotational(tmp_path, tree(tmp_path, **files)) is False


def test_memory_and_what_does_not_exist_yet_have_an_answer(tmp_path: Path) -> None:
    machine = this_machine(tmp_path / "not" / "there.duckdb", tree(tmp_path / "root"))
    assert machine.rotational is None and machine.free
