"""What `run --publish` costs: the same small change built in the CDM, and beside it.

`python -m bench.publish --export DIR --vocabulary DIR --copies N --engine duckdb --pairs 3`

One database with a CDM; then patients change and come in an export of their own, again and again, in turns built in the
CDM and published. The ratio is published to in place. dbt parses the project anew when it is told to build elsewhere,
so each way has a folder of its own.
"""

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from bench.copier import copy_export
from bench.incremental import only_patients
from bench.loads import SHARE, change_patients, chosen_patients
from bench.measure import measured
from bench.suite import Engine
from tests.loader.command_line import query
from tests.support.commands import synthea_omop_command
from tests.support.environments import ENGINES


def size(environment: Mapping[str, str]) -> int:
    """Of the database in bytes."""
    if "PGHOST" in environment:
        return query(environment, "select pg_database_size(current_database())")[0][0]
    return Path(environment["SYNTHEA_OMOP_DATABASE"]).stat().st_size


def seconds_of(environment: Mapping[str, str], export: Path, *options: str) -> float:
    """One run without data tests."""
    way = {"DBT_TARGET_PATH": f"{environment['DBT_TARGET_PATH']}{'-'.join(options)}"}
    command = synthea_omop_command("run", str(export), "--no-tests", *options)
    return measured(command, {**environment, **way}).seconds


def run_pairs(engine: Engine, export: Path, folder: Path, pairs: int) -> list[dict[str, float | str | int | None]]:
    """The seconds of each pair, after one of each way that is not counted."""
    runs = []
    with engine.candidate() as environment:
        measured(synthea_omop_command("run", str(export), "--no-tests"), environment)
        for pair in range(pairs + 1):
            taken = {}
            for number, options in enumerate(((), ("--publish",))):
                changed, delta = folder / f"changed{pair}{number}", folder / f"delta{pair}{number}"
                change_patients(export, changed, SHARE, f"{pair}{number}")
                only_patients(changed, delta, chosen_patients(export, SHARE))
                taken["published" if options else "in place"] = round(seconds_of(environment, delta, *options), 2)
            if pair:
                runs.append({
                    "engine": engine.name, "pair": pair, **taken,
                    "ratio": round(taken["published"] / taken["in place"], 2),
                    "megabytes": round(size(environment) / 1e6), "cores": os.cpu_count(),
                })
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.publish", description=__doc__.splitlines()[0])
    parser.add_argument("--export", type=Path, required=True, help="folder of a Synthea export")
    parser.add_argument("--vocabulary", type=Path, required=True, help="folder of an Athena vocabulary")
    parser.add_argument("--copies", type=int, default=1, help="how many times its patients are copied (default 1)")
    parser.add_argument("--engine", choices=ENGINES, action="append", required=True, help="may be given again")
    parser.add_argument("--pairs", type=int, default=3, help="runs of each way (default 3)")
    arguments = parser.parse_args()
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="synthea-omop-bench-")))
        copy_export(arguments.export.absolute(), folder / "export", arguments.copies)
        for name in arguments.engine:
            with ExitStack() as databases:
                (folder / name).mkdir()
                engine = Engine(name, folder / name, arguments.vocabulary.absolute(), databases)
                runs = run_pairs(engine, folder / "export", folder / name, arguments.pairs)
                for run in runs:
                    print(json.dumps(run))
                print(f"{name}: published takes {statistics.median(run['ratio'] for run in runs):.2f} times as long")


if __name__ == "__main__":
    main()
