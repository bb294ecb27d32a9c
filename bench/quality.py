"""How long the checks of the Data Quality Dashboard take, as a ratio to the build of the CDM that they check.

`python -m bench.quality --export DIR --vocabulary DIR --copies 200 --engine duckdb --pairs 3 --out FILE`

Both are dbt with what is constant taken off: the same models on a CDM without patients. The build is that of seeds and
models on a database that holds the export and the vocabulary, without the checks; the checks are their seeds and models,
those of the vocabulary's tables too. Tests are not counted. Each run is a JSON line in FILE.
"""

import argparse
import os
import shutil
import statistics
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.copier import copy_export
from bench.measure import measured
from bench.options import bench_parser, keep_line, wide_console
from bench.suite import Engine
from tests.support.commands import dbt_command, synthea_omop

CHECKS = ("dqd_checks+", "dqd_check_types+", "dqd_overrides+")
TABLES = ("--resource-type", "seed", "--resource-type", "model")
# Of a quality model that is no check of the CDM the build takes no credit.
NOT_THE_CDM = ("source_checks",)


@dataclass(frozen=True)
class Run:
    """Seconds of a build and of its checks, and of the same without patients."""

    engine: str
    copies: int
    pair: int
    build: float
    checks: float
    empty_build: float
    empty_checks: float

    @property
    def ratio(self) -> float:
        return (self.checks - self.empty_checks) / (self.build - self.empty_build)


def build_and_check(environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds of the CDM's build, and of its checks."""
    build = measured(dbt_command("build", *TABLES, "--exclude", *CHECKS, *NOT_THE_CDM), environment)
    checks = measured(dbt_command("build", *TABLES, "--select", *CHECKS), environment)
    return build.seconds, checks.seconds


def run_pair(engine: Engine, export: Path, copies: int, pair: int) -> Run:
    """A CDM without patients, then one with them."""
    with engine.candidate() as environment:
        empty_build, empty_checks = build_and_check(environment)
    with engine.candidate() as environment:
        synthea_omop("load", str(export), environment=environment)
        build, checks = build_and_check(environment)
    return Run(engine.name, copies, pair, build, checks, empty_build, empty_checks)


def print_results(runs: list[Run], console: Console) -> None:
    """A row an engine, with the median of the ratios."""
    table = Table("engine", "copies", "build s", "checks s", "empty build s", "empty checks s", "ratios", "median")
    for engine in dict.fromkeys(run.engine for run in runs):
        group = [run for run in runs if run.engine == engine]
        times = [[getattr(run, name) for run in group] for name in ("build", "checks", "empty_build", "empty_checks")]
        table.add_row(
            engine, f"{group[0].copies:,}", *(f"{statistics.median(values):.1f}" for values in times),
            " ".join(f"{run.ratio:.2f}" for run in group), f"{statistics.median(run.ratio for run in group):.2f}",
        )
    console.print(table)


def _arguments() -> argparse.Namespace:
    parser = bench_parser("bench.quality", __doc__, "runs an engine")
    parser.add_argument("--copies", type=int, required=True, help="how often the export's patients are copied")
    return parser.parse_args()


def main() -> None:
    arguments = _arguments()
    console, runs = wide_console(), []
    with tempfile.TemporaryDirectory(prefix="synthea-omop-bench-") as name:
        folder = Path(name)
        export = folder / "export"
        copy_export(arguments.export.absolute(), export, arguments.copies)
        for engine_name in arguments.engine:
            with ExitStack() as databases:
                (folder / engine_name).mkdir()
                databases.callback(shutil.rmtree, folder / engine_name)
                engine = Engine(engine_name, folder / engine_name, arguments.vocabulary.absolute(), databases)
                for pair in range(1, arguments.pairs + 1):
                    runs.append(run_pair(engine, export, arguments.copies, pair))
                    line = asdict(runs[-1]) | {"ratio": runs[-1].ratio, "cores": os.cpu_count()}
                    keep_line(line, arguments.out, console)
    print_results(runs, console)


if __name__ == "__main__":
    main()
