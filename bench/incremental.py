"""What a small change costs, as a share of the first run, as a user meets both.

`python -m bench.incremental --export DIR --vocabulary DIR --copies N --engine duckdb --pairs 3 --out FILE`

Each pair begins with a database that holds the vocabulary and nothing else; the project was parsed before. The first run
loads the export, builds and tests. Then one patient in a hundred changes (or what `--share` says) and comes in an export
that holds only the changed patients; then the same patients change once more and the whole export is read again. A run is
`synthea-omop run`, from the start of Python to its end. Nothing is subtracted; of the pairs' shares the median counts.
"""

import csv
import os
import shutil
import statistics
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.copier import copy_export
from bench.loads import SHARE, change_patients, chosen_patients
from bench.measure import measured
from bench.options import bench_parser, keep_line, wide_console
from bench.suite import Engine
from loader.load.export import read_export
from loader.load.raw_tables import RAW_TABLES
from tests.support.commands import synthea_omop_command

FIGURES = ("full", "delta", "whole")


def only_patients(export: Path, out: Path, patients: set[str]) -> None:
    """Copy the rows of these patients, and the files of organizations, providers and payers whole."""
    out.mkdir()
    for name, file in read_export(export).files:
        column = RAW_TABLES[name].patient_column
        place = next((number for number, field in enumerate(file.columns) if field and field.name == column), None)
        with file.path.open(newline="") as rows, (out / file.path.name).open("w", newline="") as kept:
            kept.write(next(rows))
            kept.writelines(row for row in rows if place is None or next(csv.reader([row]))[place] in patients)


def run_pair(engine: Engine, exports: Mapping[str, Path]) -> dict[str, float | str]:
    """The seconds of each run on one database."""
    with engine.candidate() as environment:
        def run(export: str) -> float:
            return measured(synthea_omop_command("run", str(exports[export])), environment).seconds

        return {"engine": engine.name, "full": run("export"), "delta": run("delta"), "whole": run("whole")}


def share(run: Mapping[str, float], of: str) -> float:
    """What the run cost, as a share of the first one."""
    return run[of] / run["full"]


def print_results(runs: list[dict[str, float]], console: Console) -> None:
    """A row an engine: medians of the seconds, and of the shares."""
    table = Table("engine", *FIGURES, "delta share", "whole share")
    for engine in dict.fromkeys(run["engine"] for run in runs):
        group = [run for run in runs if run["engine"] == engine]
        table.add_row(
            str(engine),
            *(f"{statistics.median(run[figure] for run in group):.1f}" for figure in FIGURES),
            *(f"{statistics.median(share(run, of) for run in group):.1%}" for of in ("delta", "whole")),
        )
    console.print(table)


def make_exports(source: Path, folder: Path, copies: int, share: float) -> dict[str, Path]:
    """The export, the changed patients of it alone, and the whole of it with the same patients changed otherwise."""
    exports = {name: folder / name for name in ("export", "changed", "delta", "whole")}
    copy_export(source, exports["export"], copies)
    change_patients(exports["export"], exports["changed"], share, "1")
    only_patients(exports["changed"], exports["delta"], chosen_patients(exports["export"], share))
    shutil.rmtree(exports.pop("changed"))
    change_patients(exports["export"], exports["whole"], share, "2")
    return exports


def main() -> None:
    parser = bench_parser("bench.incremental", __doc__, "full runs and changes")
    parser.add_argument("--copies", type=int, default=1, help="how many times its patients are copied (default 1)")
    parser.add_argument("--share", type=float, default=SHARE, help=f"of the patients that change (default {SHARE})")
    arguments = parser.parse_args()
    console, runs = wide_console(), []
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="synthea-omop-bench-")))
        exports = make_exports(arguments.export.absolute(), folder, arguments.copies, arguments.share)
        for name in arguments.engine:
            with ExitStack() as databases:
                (folder / name).mkdir()
                engine = Engine(name, folder / name, arguments.vocabulary.absolute(), databases)
                for pair in range(1, arguments.pairs + 1):
                    run = run_pair(engine, exports)
                    runs.append(run)
                    line = run | {
                        "pair": pair, "copies": arguments.copies, "share": arguments.share,
                        "delta share": round(share(run, "delta"), 4), "whole share": round(share(run, "whole"), 4),
                        "cores": os.cpu_count(),
                    }
                    keep_line(line, arguments.out, console)
    print_results(runs, console)


if __name__ == "__main__":
    main()
