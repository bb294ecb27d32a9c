"""How far Apache Spark carries: time, memory, shuffles and skew of a first load and build, by size and by cores.

`python -m bench.scale --export DIR --vocabulary DIR --copies 20 --copies 200 --cores 1 --cores 2 --out FILE`

A run is `synthea-omop load` and `dbt build` of seeds and models, on a warehouse that holds the vocabulary and nothing
else, with Spark on this machine (`local[CORES]`). What the tasks did is read from Spark's own event log.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.copier import copy_export
from bench.measure import measured
from bench.options import keep_line, wide_console
from bench.suite import slowest
from tests.support.commands import dbt_command, synthea_omop, synthea_omop_command
from tests.support.environments import spark_environment

MIB = 2**20
# A stage of fewer tasks or less data says nothing about skew.
FEWEST_TASKS, LEAST_BYTES = 4, MIB


@dataclass(frozen=True)
class Tasks:
    """What Spark's tasks did in a build. Times in seconds, sizes in MiB."""

    tasks: int
    task_seconds: float
    cpu_seconds: float
    collected_seconds: float
    shuffled_mib: float
    spilled_mib: float
    largest_task_mib: float
    worst_skew: float


@dataclass(frozen=True)
class Run:
    """One load and build. Times in seconds, memory (all processes together) in MiB, the size of the export in MB."""

    copies: int
    patients: int
    megabytes: float
    cores: int
    buckets: int
    load: float
    load_peak_mib: float
    build: float
    build_peak_mib: float
    largest_partition_mib: float
    partition_skew: float
    slowest: dict[str, float]

    @property
    def patients_a_core_hour(self) -> float:
        return self.patients * 3600 / (self.build * self.cores)


def run(export: Path, vocabulary: Path, folder: Path, copies: int, cores: int, memory: str) -> tuple[Run, Tasks]:
    """Load and build once."""
    events = folder / "events"
    events.mkdir(parents=True)
    (folder / "spark-defaults.conf").write_text(
        f"spark.eventLog.enabled true\nspark.eventLog.compress false\nspark.eventLog.dir {events.as_uri()}\n"
    )
    environment = spark_environment(folder) | {
        "SYNTHEA_OMOP_SPARK_MASTER": f"local[{cores}]",
        "SYNTHEA_OMOP_SPARK_MEMORY": memory,
        "SYNTHEA_OMOP_SPARK_SHUFFLES": "16",
        "JDK_JAVA_OPTIONS": "",
        "SPARK_CONF_DIR": str(folder),
    }
    synthea_omop("vocabulary", str(vocabulary), environment=environment)
    load = measured(synthea_omop_command("load", str(export)), environment)
    buckets = len(list((folder / "warehouse" / "current" / "raw_synthea" / "encounters").iterdir()))
    build = measured(
        dbt_command("build", "--resource-type", "seed", "--resource-type", "model"),
        environment | {"SYNTHEA_OMOP_SPARK_BUCKETS": str(buckets)},
    )
    partitions = list(_partition_sizes(folder / "warehouse" / "omop.db"))
    return Run(
        copies=copies,
        patients=_lines(export / "patients.csv") - 1,
        megabytes=round(sum(path.stat().st_size for path in export.iterdir()) / 1e6, 1),
        cores=cores,
        buckets=buckets,
        load=round(load.seconds, 1),
        load_peak_mib=round(load.peak_mib),
        build=round(build.seconds, 1),
        build_peak_mib=round(build.peak_mib),
        largest_partition_mib=round(max(partitions) / MIB, 2),
        partition_skew=round(max(partitions) / statistics.median(partitions), 2),
        slowest=slowest(environment),
    ), tasks_of(events)


def tasks_of(events: Path) -> Tasks:
    """The sums of all tasks in the logs of a folder, and of the stages that shuffle the most uneven one."""
    metrics: list[tuple[tuple[str, int], Mapping]] = []
    for path in sorted(path for path in events.rglob("*") if path.is_file()):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                # Plans are long, and most of a log.
                if line.startswith('{"Event":"SparkListenerTaskEnd"'):
                    event = json.loads(line)
                    metrics.append(((str(path), event["Stage ID"]), event["Task Metrics"]))
    read: dict[tuple[str, int], list[int]] = {}
    for stage, task in metrics:
        reads = task["Shuffle Read Metrics"]
        read.setdefault(stage, []).append(reads["Remote Bytes Read"] + reads["Local Bytes Read"])
    skews = [
        max(sizes) / statistics.median(sizes)
        for sizes in read.values()
        if len(sizes) >= FEWEST_TASKS and statistics.median(sizes) >= LEAST_BYTES
    ]
    return Tasks(
        tasks=len(metrics),
        task_seconds=round(sum(task["Executor Run Time"] for _, task in metrics) / 1e3, 1),
        cpu_seconds=round(sum(task["Executor CPU Time"] for _, task in metrics) / 1e9, 1),
        collected_seconds=round(sum(task["JVM GC Time"] for _, task in metrics) / 1e3, 1),
        shuffled_mib=round(sum(task["Shuffle Write Metrics"]["Shuffle Bytes Written"] for _, task in metrics) / MIB, 1),
        spilled_mib=round(sum(task["Disk Bytes Spilled"] for _, task in metrics) / MIB, 1),
        largest_task_mib=round(max((size for sizes in read.values() for size in sizes), default=0) / MIB, 2),
        worst_skew=round(max(skews, default=1), 2),
    )


def _partition_sizes(folder: Path) -> Iterator[int]:
    """The bytes of each bucket, over all tables of the CDM."""
    sizes: dict[str, int] = {}
    for path in folder.glob("*/person_bucket=*/*.parquet"):
        sizes[path.parent.name] = sizes.get(path.parent.name, 0) + path.stat().st_size
    yield from sizes.values()


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def print_results(results: list[tuple[Run, Tasks]], console: Console) -> None:
    """A row a size and number of cores."""
    table = Table(
        "patients", "MB", "cores", "load s", "build s", "patients a core-hour", "peak MiB", "task s", "shuffled MiB",
        "spilled MiB", "skew",
    )
    for found, tasks in results:
        table.add_row(
            f"{found.patients:,}", f"{found.megabytes:,.0f}", str(found.cores), f"{found.load:,.1f}",
            f"{found.build:,.1f}", f"{found.patients_a_core_hour:,.0f}", f"{found.build_peak_mib:,}",
            f"{tasks.task_seconds:,.0f}", f"{tasks.shuffled_mib:,.0f}", f"{tasks.spilled_mib:,.0f}",
            f"{tasks.worst_skew:.2f}",
        )
    console.print(table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--export", type=Path, required=True, help="folder of a Synthea export")
    parser.add_argument("--vocabulary", type=Path, required=True, help="folder of an Athena vocabulary")
    parser.add_argument("--copies", type=int, action="append", required=True, help="size; may be given again")
    parser.add_argument("--cores", type=int, action="append", required=True, help="of this machine; may be given again")
    parser.add_argument("--memory", default="2g", help="of the driver (default 2g)")
    parser.add_argument("--out", type=Path, help="file to which each run is added as a line of JSON")
    return parser.parse_args()


def main() -> None:
    arguments = _arguments()
    console, results = wide_console(), []
    for copies in arguments.copies:
        with tempfile.TemporaryDirectory(prefix="synthea-omop-bench-") as folder:
            export = Path(folder, "export")
            copy_export(arguments.export.absolute(), export, copies)
            for cores in arguments.cores:
                found, tasks = run(
                    export, arguments.vocabulary.absolute(), Path(folder, f"cores{cores}"), copies, cores,
                    arguments.memory,
                )
                results.append((found, tasks))
                rate = round(found.patients_a_core_hour)
                keep_line(asdict(found) | asdict(tasks) | {"patients_a_core_hour": rate}, arguments.out, console)
    print_results(results, console)


if __name__ == "__main__":
    main()
