"""What each optimisation gains: on against off, as a ratio, in pairs that take turns on real copied data.

`python -m bench.ablation --export DIR --vocabulary DIR --copies 200 --engine duckdb --engine postgres --pairs 3`

Whole runs come in rounds: each round loads and builds once under every configuration (bench/ablations/building.py), in
another order each time. Single files and statements are pairs of their own (loading.py, statements.py). The ratio is
without / with: above 1 the optimisation pays, of the pairs' ratios the median counts. PostgreSQL runs as `tune` proposes
for the machine, and safely (`fsync` on). Each row is a JSON line in `--out`; `--table FILE` prints the rows of such a
file as the table of docs/performance.md, and `--only whole|load|statements` measures a part of them.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import psutil
from rich.console import Console

from bench.ablations.building import Runs, building_rows, configurations, tuned_options, tuned_server
from bench.ablations.ground import TABLES, Exports, Ground, as_own, dbt_of, opened
from bench.ablations.loading import loading_switches, workers_switch
from bench.ablations.statements import statement_switches
from bench.ablations.switches import Row, markdown, measure
from bench.copier import copy_export
from bench.incremental import only_patients
from bench.loads import SHARE, change_patients, chosen_patients
from bench.options import bench_parser, keep_line, wide_console
from bench.suite import Engine, of_build
from tests.support.commands import run, synthea_omop
from tests.support.environments import REPOSITORY

KINDS = ("load", "statements", "whole")
# One file is enough for what is measured on single files.
SMALL = 10


def make_exports(source: Path, folder: Path, copies: int) -> Exports:
    """The export, a tenth of it, and one patient in a hundred of it changed."""
    exports = Exports(folder / "full", folder / "small", folder / "delta")
    copy_export(source, exports.full, copies)
    copy_export(source, exports.small, max(copies // SMALL, 1))
    change_patients(exports.full, folder / "changed", SHARE, "1")
    only_patients(folder / "changed", exports.delta, chosen_patients(exports.full, SHARE))
    shutil.rmtree(folder / "changed")
    return exports


def rows_of(
    ground: Ground, kinds: list[str], chosen: list[str], pairs: int, rounds: int, databases: ExitStack
) -> Iterator[Row]:
    """The rows of one engine, as they come; whole runs under the chosen configurations, all where none is chosen."""
    environment = {"PGOPTIONS": tuned_options()}
    if "load" in kinds:
        with ground.engine.candidate() as candidate, as_own(environment), opened(candidate) as database:
            for switch in loading_switches(ground, database, {**candidate, **environment}):
                yield measure(switch, pairs)
        if ground.engine.name == "postgres":
            with as_own(environment):
                yield measure(workers_switch(ground), pairs)
    if "statements" in kinds:
        with ground.engine.candidate() as candidate:
            synthea_omop("load", str(ground.exports.full), environment={**candidate, **environment})
            run(*dbt_of(REPOSITORY, "build", *TABLES), environment=of_build(candidate))
            with as_own(of_build(environment)), opened(candidate) as database:
                for switch in statement_switches(database):
                    yield measure(switch, pairs)
    if "whole" in kinds:
        grounds = {"": ground}
        names = [name for name in configurations(ground.engine.name) if not chosen or name in ("own", *chosen)]
        if "as installed" in names:
            grounds["as installed"] = _as_installed(ground, databases)
        runs = Runs(grounds, names)
        for number in range(rounds):
            runs.round(number)
        yield from building_rows(ground.engine.name, runs)


def _as_installed(ground: Ground, databases: ExitStack) -> Ground:
    """A second server, with nothing set."""
    folder = ground.folder / "as installed"
    folder.mkdir()
    engine = Engine("postgres", folder, ground.engine.source, databases, {"dynamic_shared_memory_type": "mmap"})
    return Ground(engine, ground.exports, folder)


def _print_table(path: Path, console: Console) -> None:
    """The rows of a file; of those that were measured again, the last."""
    lines = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    rows = {(row.name, row.engine, row.measured): row for row in map(Row.of_line, lines)}
    ordered = sorted(rows.values(), key=lambda row: (row.engine != "postgres", NAMES.index(row.name)))
    console.print(markdown(ordered), soft_wrap=True, highlight=False, markup=False)
    for row in ordered:
        if row.is_contradicted:
            console.print(f"The default costs more: {row.name}, {row.engine}, {row.measured}")


NAMES = (
    "COPY against batched inserts", "pool against a connection a task", "1 against N workers",
    "tuned against default settings", "indexes after against before the data", "unlogged against logged",
    "look-ups cached against joined each time", "memory limit against none", "chunks and streams against whole files",
    "optimised SQL: one scan against one a question", "optimised SQL: sets against a look-up a code",
    "prepared statements against plain ones", "incremental against full", "partitions by person",
)


def main() -> None:
    console = wide_console()
    if sys.argv[1:2] == ["--table"]:
        _print_table(Path(sys.argv[2]), console)
        return
    parser = bench_parser("bench.ablation", __doc__, "pairs of a row")
    parser.add_argument("--copies", type=int, required=True, help="how often the export's patients are copied")
    parser.add_argument("--rounds", type=int, help="rounds of whole runs (default: as many as pairs)")
    parser.add_argument(
        "--configuration", action="append", help="of the whole runs only the project's own and this one; may be given again"
    )
    parser.add_argument("--only", choices=KINDS, action="append", help="a part; may be given again")
    arguments = parser.parse_args()
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="synthea-omop-bench-")))
        exports = make_exports(arguments.export.absolute(), folder, arguments.copies)
        known = {
            "copies": arguments.copies, "cores": psutil.cpu_count(), "memory": psutil.virtual_memory().total,
            "date": date.today().isoformat(),
        }
        for name in arguments.engine:
            with ExitStack() as databases:
                (folder / name).mkdir()
                engine = Engine(
                    name, folder / name, arguments.vocabulary.absolute(), databases, tuned_server()
                )
                ground = Ground(engine, exports, folder / name)
                rounds = arguments.rounds or arguments.pairs
                kinds, chosen = arguments.only or list(KINDS), arguments.configuration or []
                for row in rows_of(ground, kinds, chosen, arguments.pairs, rounds, databases):
                    keep_line(row.line() | known, arguments.out, console)


if __name__ == "__main__":
    main()
