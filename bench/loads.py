"""The speed of the loader alone, as a ratio to the bare typed load of the same files.

`python -m bench.loads --export DIR --copies N --engine duckdb --pairs 3 --out FILE`

Unit and candidate take turns. Of each candidate are measured: the first load, its copying alone (PostgreSQL: from the
start of the batch to its end in the ledger; indexes and statistics come after it), the same export again, and the
export again with one patient in a hundred changed.
"""

import argparse
import gzip
import json
import shutil
import statistics
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import psycopg2
from rich.console import Console
from rich.table import Table

from bench.copier import copy_export
from bench.measure import measured
from bench.suite import MEMORY_LIMIT, SERVER_SETTINGS
from bench.units import duckdb_unit, postgres_unit
from tests.support.commands import synthea_omop_command
from tests.support.environments import ENGINES, duckdb_environment, postgres_environment
from tests.support.postgres_server import PostgresServer, postgres_server

SHARE = 0.01
FIGURES = ("unit", "first", "copying", "again", "one percent", "peak MiB")


def chosen_patients(export: Path, share: float = SHARE) -> set[str]:
    """The ids of the patients that change."""
    patients = [line.split(",", 1)[0] for line in (export / "patients.csv").read_text().splitlines()[1:]]
    return set(patients[:: max(int(1 / share), 1)])


def change_patients(export: Path, out: Path, share: float = SHARE, code: str = "1") -> int:
    """Copy an export with another code of their encounters for a share of its patients; how many they are."""
    shutil.copytree(export, out)
    chosen = chosen_patients(export, share)
    lines = (export / "encounters.csv").read_text().splitlines(keepends=True)
    place = lines[0].strip().split(",").index("PATIENT")
    code_place = lines[0].strip().split(",").index("CODE")
    for number, line in enumerate(lines):
        fields = line.split(",")
        if number and fields[place] in chosen:
            fields[code_place] = code
            lines[number] = ",".join(fields)
    (out / "encounters.csv").write_text("".join(lines))
    return len(chosen)


def run_pair(name: str, server: PostgresServer | None, export: Path, changed: Path, folder: Path) -> dict[str, float]:
    """The figures of one unit and one candidate: seconds, and MiB of the loader's process tree."""
    folder.mkdir()
    with ExitStack() as databases:
        def environment(kind: str) -> Mapping[str, str]:
            (folder / kind).mkdir()
            if server:
                return databases.enter_context(postgres_environment(server, folder / kind))
            return duckdb_environment(folder / kind) | {"SYNTHEA_OMOP_MEMORY_LIMIT": MEMORY_LIMIT}

        bare, candidate = environment("unit"), environment("candidate")
        if server:
            unit = postgres_unit(export, server.binaries / "psql", bare)
        else:
            unit = duckdb_unit(export, Path(bare["SYNTHEA_OMOP_DATABASE"]), MEMORY_LIMIT)
        first = measured(synthea_omop_command("load", str(export)), candidate)
        copying = _copying_seconds(candidate) if server else 0.0
        again = measured(synthea_omop_command("load", str(export)), candidate)
        differing = measured(synthea_omop_command("load", str(changed)), candidate)
    shutil.rmtree(folder)
    peak = max(first.peak_mib, differing.peak_mib)
    figures = (unit, first.seconds, copying, again.seconds, differing.seconds, peak)
    return {"engine": name, **dict(zip(FIGURES, figures, strict=True))}


def _copying_seconds(environment: Mapping[str, str]) -> float:
    """From the start of the batch to its end in the ledger: copying, and nothing after it."""
    connection = psycopg2.connect(
        host=environment["PGHOST"], port=environment["PGPORT"], user=environment["PGUSER"],
        dbname=environment["PGDATABASE"],
    )
    with connection.cursor() as cursor:
        cursor.execute("select extract(epoch from finished_at - started_at) from etl.load_batch where batch_id = 1")
        seconds = float(cursor.fetchall()[0][0])
    connection.close()
    return seconds


def print_results(runs: list[dict[str, float]], console: Console) -> None:
    """A row an engine: medians of the figures, and the medians of their ratios."""
    table = Table("engine", *FIGURES, "first / unit", "copying / unit", "one percent / first")
    for engine in dict.fromkeys(run["engine"] for run in runs):
        group = [run for run in runs if run["engine"] == engine]
        ratios = (("first", "unit"), ("copying", "unit"), ("one percent", "first"))
        table.add_row(
            str(engine),
            *(f"{statistics.median(run[figure] for run in group):.2f}" for figure in FIGURES),
            *(f"{statistics.median(run[above] / run[below] for run in group):.2f}" for above, below in ratios),
        )
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.loads", description=__doc__.splitlines()[0])
    parser.add_argument("--export", type=Path, required=True, help="folder of a Synthea export")
    parser.add_argument("--copies", type=int, default=1, help="how many times its patients are copied (default 1)")
    parser.add_argument("--packed", action="store_true", help="DuckDB only: gzip the files, for the unit too")
    parser.add_argument("--engine", choices=ENGINES, action="append", required=True, help="may be given again")
    parser.add_argument("--pairs", type=int, default=3, help="units and candidates (default 3)")
    parser.add_argument("--out", type=Path, help="file to which each run is added as a line of JSON")
    arguments = parser.parse_args()
    console, runs = Console(), []
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="synthea-omop-bench-")))
        copy_export(arguments.export.absolute(), folder / "export", arguments.copies)
        change_patients(folder / "export", folder / "changed")
        if arguments.packed:
            for path in folder.glob("*/*.csv"):
                with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb", compresslevel=6) as packed:
                    shutil.copyfileobj(plain, packed, 1 << 20)
                path.unlink()
        for name in arguments.engine:
            with ExitStack() as servers:
                server = servers.enter_context(postgres_server(SERVER_SETTINGS)) if name == "postgres" else None
                for pair in range(arguments.pairs):
                    run = run_pair(name, server, folder / "export", folder / "changed", folder / f"{name}{pair}")
                    runs.append(run)
                    console.print(line := json.dumps(run), soft_wrap=True, highlight=False)
                    if arguments.out:
                        with arguments.out.open("a") as file:
                            file.write(line + "\n")
    print_results(runs, console)


if __name__ == "__main__":
    main()
