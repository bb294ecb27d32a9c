"""The speed suite: how long a CDM takes, as a ratio to the bare typed load of the same files.

`python -m bench.suite --export DIR --vocabulary DIR --copies N --engine duckdb --pairs 3 --out FILE`

The unit is the bare load (bench/units.py). The candidate is `synthea-omop load` and `dbt build` of seeds and models,
hooks included, on a database that holds the vocabulary and nothing else; tests are not counted. Unit and candidate
take turns; of the pairs' ratios the median counts. Each run is a JSON line in FILE.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.copier import copy_export
from bench.measure import measured
from bench.options import bench_parser, keep_line, wide_console
from bench.units import duckdb_unit, postgres_unit
from loader.databases.pool import BUILD_SESSION
from tests.support.commands import dbt, dbt_command, synthea_omop, synthea_omop_command
from tests.support.environments import duckdb_environment, postgres_environment
from tests.support.postgres_server import PostgresServer, postgres_server

MEMORY_LIMIT = "1GB"
# A server as somebody would set it up who loads much; fsync is off because nothing here outlives the run.
SERVER_SETTINGS = {
    "fsync": "off",
    "shared_buffers": "2GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "32GB",
    "checkpoint_timeout": "30min",
}
SLOWEST_SHOWN = 12


@dataclass(frozen=True)
class Run:
    """One unit and one candidate. Times in seconds, memory in MiB, the size of the export in MB."""

    engine: str
    copies: int
    megabytes: float
    pair: int
    unit: float
    load: float
    build: float
    peak_mib: float
    slowest: dict[str, float]

    @property
    def total(self) -> float:
        return self.load + self.build

    @property
    def ratio(self) -> float:
        return self.total / self.unit


class Engine:
    """One engine's databases: the vocabulary alone, from which each candidate gets a fresh copy of the same name.

    The same name, because dbt parses the project anew when its profile changes.
    """

    def __init__(
        self, name: str, folder: Path, vocabulary: Path, databases: ExitStack,
        server_settings: Mapping[str, str] = SERVER_SETTINGS,
    ) -> None:
        self.name, self.source = name, vocabulary
        self._folder = folder
        self._server: PostgresServer | None = None
        if name == "postgres":
            self._server = databases.enter_context(postgres_server(server_settings))
        self._vocabulary = databases.enter_context(self._database("vocabulary"))
        synthea_omop("vocabulary", str(vocabulary), environment=self._vocabulary)
        with self.candidate() as environment:
            dbt("parse", environment=environment)

    def unit(self, export: Path) -> float:
        """Seconds of one bare load."""
        with self._database("unit") as environment:
            if self._server:
                return postgres_unit(export, self._server.binaries / "psql", environment)
            return duckdb_unit(export, Path(environment["SYNTHEA_OMOP_DATABASE"]), MEMORY_LIMIT)

    @contextmanager
    def candidate(self) -> Iterator[dict[str, str]]:
        """The environment of a database with the vocabulary."""
        template = self._vocabulary.get("PGDATABASE", "template0")
        with self._database("candidate", template) as environment:
            if not self._server:
                shutil.copyfile(self._vocabulary["SYNTHEA_OMOP_DATABASE"], environment["SYNTHEA_OMOP_DATABASE"])
            yield environment

    @contextmanager
    def _database(self, name: str, template: str = "template0") -> Iterator[dict[str, str]]:
        folder = self._folder / name
        folder.mkdir()
        target_path = {"DBT_TARGET_PATH": str(self._folder / "target"), "SYNTHEA_OMOP_MEMORY_LIMIT": MEMORY_LIMIT}
        try:
            if self._server:
                with postgres_environment(self._server, folder, template, name) as environment:
                    yield environment | target_path
            else:
                yield duckdb_environment(folder) | target_path
        finally:
            shutil.rmtree(folder)


def of_build(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for dbt, in a session such as `synthea-omop run` gives it."""
    return dict(environment) | {"PGOPTIONS": BUILD_SESSION}


def run_pair(engine: Engine, export: Path, copies: int, pair: int) -> Run:
    """The unit, then the candidate."""
    unit = engine.unit(export)
    with engine.candidate() as environment:
        load = measured(synthea_omop_command("load", str(export)), environment)
        build = measured(
            dbt_command("build", "--resource-type", "seed", "--resource-type", "model"), of_build(environment)
        )
        models = slowest(environment)
    return Run(
        engine=engine.name,
        copies=copies,
        megabytes=round(sum(path.stat().st_size for path in export.iterdir()) / 1e6, 1),
        pair=pair,
        unit=unit,
        load=load.seconds,
        build=build.seconds,
        peak_mib=max(load.peak_mib, build.peak_mib),
        slowest=models,
    )


def slowest(environment: Mapping[str, str]) -> dict[str, float]:
    """The models that took longest, in seconds, and all hooks."""
    path = Path(environment["DBT_TARGET_PATH"]) / "run_results.json"
    results = json.loads(path.read_text())["results"]
    results.sort(key=lambda result: result["execution_time"], reverse=True)
    return {
        result["unique_id"].split(".")[-1]: round(result["execution_time"], 2) for result in results[:SLOWEST_SHOWN]
    }


def print_results(runs: list[Run], console: Console) -> None:
    """A row an engine and size, with the median of the ratios."""
    table = Table("engine", "copies", "MB", "unit s", "load s", "dbt s", "total s", "peak MiB", "ratios", "median")
    groups: dict[tuple[str, int], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.engine, run.copies), []).append(run)
    for (engine, copies), group in groups.items():
        table.add_row(
            engine,
            f"{copies:,}",
            f"{group[0].megabytes:,.0f}",
            *(f"{statistics.median(values):.1f}" for values in zip(*map(_seconds, group), strict=True)),
            f"{max(run.peak_mib for run in group):,.0f}" if engine == "duckdb" else "",
            " ".join(f"{run.ratio:.2f}" for run in group),
            f"{statistics.median(run.ratio for run in group):.2f}",
        )
    console.print(table)


def _seconds(run: Run) -> tuple[float, ...]:
    return run.unit, run.load, run.build, run.total


def _arguments() -> argparse.Namespace:
    parser = bench_parser("bench.suite", __doc__, "units and candidates a size")
    parser.add_argument("--copies", type=int, action="append", required=True, help="size; may be given again")
    return parser.parse_args()


def main() -> None:
    arguments = _arguments()
    console, runs = wide_console(), []
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="synthea-omop-bench-")))
        for copies in arguments.copies:
            export = folder / f"x{copies}"
            copy_export(arguments.export.absolute(), export, copies)
            for name in arguments.engine:
                with ExitStack() as databases:
                    (folder / name).mkdir()
                    databases.callback(shutil.rmtree, folder / name)
                    engine = Engine(name, folder / name, arguments.vocabulary.absolute(), databases)
                    for pair in range(1, arguments.pairs + 1):
                        run = run_pair(engine, export, copies, pair)
                        runs.append(run)
                        keep_line(
                            asdict(run) | {"total": run.total, "ratio": run.ratio, "cores": os.cpu_count()},
                            arguments.out, console,
                        )
            shutil.rmtree(export)
    print_results(runs, console)


if __name__ == "__main__":
    main()
