"""What the bench of Spark reads from an event log."""

import json
from pathlib import Path

from bench.scale import tasks_of

MIB = 2**20


def task(stage: int, read: int, written: int = 0, seconds: int = 1) -> str:
    """A line as Spark writes it, with the parts that are read."""
    return json.dumps({
        "Event": "SparkListenerTaskEnd",
        "Stage ID": stage,
        "Task Metrics": {
            "Executor Run Time": seconds * 1000,
            "Executor CPU Time": seconds * 500_000_000,
            "JVM GC Time": 100,
            "Disk Bytes Spilled": MIB,
            "Shuffle Read Metrics": {"Remote Bytes Read": read // 2, "Local Bytes Read": read - read // 2},
            "Shuffle Write Metrics": {"Shuffle Bytes Written": written},
        },
    }, separators=(",", ":"))


def test_tasks_are_summed_and_the_most_uneven_stage_is_found(tmp_path: Path) -> None:
    even = [task(1, 4 * MIB, written=MIB) for _ in range(4)]
    uneven = [task(2, size * MIB) for size in (2, 2, 2, 2, 6)]
    small = [task(3, size) for size in (1, 1, 1, 1000)]
    start = '{"Event":"SparkListenerTaskStart","Stage ID":1}'
    (tmp_path / "local-1").write_text("\n".join([start, *even, *uneven, *small]) + "\n")
    found = tasks_of(tmp_path)
    assert (found.tasks, found.task_seconds, found.cpu_seconds) == (13, 13, 6.5)
    assert (found.shuffled_mib, found.spilled_mib, found.largest_task_mib) == (4, 13, 6)
    assert found.worst_skew == 3


def test_a_build_without_shuffles_has_no_skew(tmp_path: Path) -> None:
    (tmp_path / "local-1").write_text(task(1, 0) + "\n")
    assert (tasks_of(tmp_path).worst_skew, tasks_of(tmp_path).largest_task_mib) == (1, 0)
