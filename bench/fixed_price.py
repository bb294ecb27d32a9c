"""What a run costs that has nothing to do with the data, in U.

`python -m bench.fixed_price [--runs 3] [--out FILE]`

U is the CPU time, user and system of the whole process tree, of `dbt --version` in the same environment: the median of five
taken between the runs. Ratios to it carry over between machines, seconds do not. The data are the bundled 16 patients on
DuckDB, in a copy of the project of its own, so that nothing is parsed and nothing is there when the first run begins.
Of several runs the medians count; nothing is subtracted.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.table import Table

from bench.loads import change_patients
from bench.options import keep_line, wide_console
from tests.support.environments import REPOSITORY, clean_environment

# What a copy of the project needs not have.
LEFT = (".git", ".venv", "target", "logs", "*.duckdb", "__pycache__")
# What dbt alone costs, of which the runs are made.
PARTS = {
    "`dbt parse`, cold": ("parse", "--no-partial-parse"),
    "`dbt parse`, from its cache": ("parse",),
}


def cpu_seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """User and system time of a command and of all its children. CalledProcessError with its output when it fails."""
    before = os.times()
    subprocess.run(
        command, env=dict(environment), cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=True,
    )
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def works(project: Path, folder: Path) -> dict[str, Callable[[], Sequence[str]]]:
    """What is measured, by its name: each prepares what it starts from and gives the command."""
    sample, changed = project / "seeds" / "demo" / "synthea", folder / "changed"
    change_patients(sample, changed, 1 / 16, "1")
    database, second = folder / "first.duckdb", folder / "second.duckdb"

    def run(*arguments: object, into: Path = database) -> Sequence[str]:
        return [sys.executable, "-m", "loader", "run", *map(str, arguments), "--database", str(into)]

    def from_nothing() -> Sequence[str]:
        shutil.rmtree(project / "target", ignore_errors=True)
        database.unlink(missing_ok=True)
        return run()

    def into_a_second() -> Sequence[str]:
        second.unlink(missing_ok=True)
        return run(into=second)

    return {
        "`run` of 16 patients, nothing there, no cache": from_nothing,
        "one patient of them changed: load, build, tests": lambda: run(changed),
        "the same again, nothing changed": lambda: run(changed),
        "`run --full-refresh`": lambda: run("--full-refresh"),
        "`run --full-refresh --no-tests`": lambda: run("--full-refresh", "--no-tests"),
        "`run` into a second database of another name": into_a_second,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fixed_price", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="how often each is done (default 3)")
    parser.add_argument("--out", type=Path, help="file to which the figures are added as a line of JSON")
    arguments = parser.parse_args()
    console, found, units = wide_console(), dict[str, list[float]](), list[float]()
    with tempfile.TemporaryDirectory(prefix="synthea-omop-bench-") as name:
        folder = Path(name)
        project = folder / "project"
        shutil.copytree(REPOSITORY, project, ignore=shutil.ignore_patterns(*LEFT))
        environment = clean_environment() | {"PYTHONPATH": str(project)}
        dbt = [sys.executable, "-c", "from dbt.cli.main import cli; cli()"]
        places = ["--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(folder / "target")]
        cpu_seconds([*dbt, "--version"], environment)
        measured = works(project, folder)
        for _ in range(arguments.runs):
            for work, prepared in measured.items():
                command = prepared()
                units.append(cpu_seconds([*dbt, "--version"], environment))
                found.setdefault(work, []).append(cpu_seconds(command, environment))
            for part, words in PARTS.items():
                found.setdefault(part, []).append(cpu_seconds([*dbt, *words, *places], environment))
    unit = statistics.median(units)
    table = Table("work", "in U", "seconds of CPU", title=f"U = {unit:.2f} s (median of {len(units)})")
    figures = {work: statistics.median(taken) for work, taken in found.items()}
    for work, seconds in figures.items():
        table.add_row(work, f"{seconds / unit:.1f}", f"{seconds:.1f}")
    console.print(table)
    in_units = {work: round(seconds / unit, 2) for work, seconds in figures.items()}
    keep_line({"unit": unit, "in U": in_units}, arguments.out, console)


if __name__ == "__main__":
    main()
