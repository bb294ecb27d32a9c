"""Whether a step has become slower than recorded: `make bench-check`.

`python -m bench.check --engine duckdb --engine postgres [--record]`

The bundled sample, copied 20 times, is loaded, built, loaded and built again with one patient in a hundred changed,
reported, and the bundled rates are loaded and built; each step as a user starts it. What counts is the ratio of a step
to the calibration steps before and after it, a fixed piece of work for the processor and for DuckDB: so another machine,
or one that is busy all the time, changes little. Of several repetitions the median is held against bench/recorded.json.
A step that takes more than 1.3 times what is recorded is measured again, and fails when it is too slow once more. Steps
that were recorded at less than half a second are shown and not judged: they are mostly noise.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from bench.copier import copy_export
from bench.loads import SHARE, change_patients
from bench.measure import measured
from bench.options import wide_console
from bench.suite import Engine, of_build
from tests.support.commands import dbt_command, synthea_omop_command
from tests.support.environments import ENGINES, REPOSITORY

RECORDED = REPOSITORY / "bench" / "recorded.json"
SAMPLE = REPOSITORY / "seeds" / "demo"
COPIES = 20
TOO_SLOW = 1.3
# Seconds, as recorded.
FLOOR = 0.5
TABLES = ("--resource-type", "seed", "--resource-type", "model")

Seconds = Iterator[tuple[str, float]]
# A repetition: the steps, each named when it is done, with what it took.
Repetition = Callable[[], Seconds]


@dataclass(frozen=True)
class Figure:
    """Medians of a step: its ratio to the calibration, and its seconds."""

    ratio: float
    seconds: float


def calibrate() -> float:
    """Seconds of the fixed piece of work: hashing, Python's own loop, and a query on one thread."""
    started = time.perf_counter()
    digest, block = hashlib.sha256(), bytes(1 << 20)
    for _ in range(200):
        digest.update(block)
    total = 0
    for number in range(3_000_000):
        total += number & 7
    with duckdb.connect(config={"threads": 1, "memory_limit": "512MB"}) as connection:
        connection.execute(
            "select count(*) from (select md5(cast(i as text)) as h, i % 1000 as g from range(1000000) as r (i)"
            " order by h) as sorted"
        ).fetchall()
        connection.execute("select count(distinct (i * 7919) % 500000), sum(i) from range(3000000) as r (i)").fetchall()
    return time.perf_counter() - started


def measure(repetition: Repetition, times: int, calibration: Callable[[], float] = calibrate) -> dict[str, Figure]:
    """The medians of the steps, each held against the calibration before and after it."""
    ratios: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    for _ in range(times):
        before, same = calibration(), []
        for name, taken in repetition():
            # Parts of a step are named right after it and stand on the same calibration.
            if ":" not in name:
                after = calibration()
                same, before = [before, after], after
            seconds.setdefault(name, []).append(taken)
            ratios.setdefault(name, []).append(taken / statistics.mean(same))
    return {
        name: Figure(round(statistics.median(ratios[name]), 3), round(statistics.median(seconds[name]), 3))
        for name in seconds
    }


def slow_steps(recorded: Mapping[str, Figure], found: Mapping[str, Figure]) -> dict[str, float]:
    """Step -> how many times slower than recorded, of those that are judged and too slow."""
    times = {name: found[name].ratio / recorded[name].ratio for name in judged(recorded) if name in found}
    return {name: slower for name, slower in times.items() if slower > TOO_SLOW}


def judged(recorded: Mapping[str, Figure]) -> list[str]:
    """Steps long enough to be told from noise."""
    return [name for name, figure in recorded.items() if figure.seconds >= FLOOR]


def verdicts(recorded: Mapping[str, Figure], again: Callable[[], Mapping[str, Figure]], found: Mapping[str, Figure]) -> list[str]:
    """What is wrong, in words: steps that are too slow now and when measured again, steps that nobody did."""
    slow = slow_steps(recorded, found)
    if slow:
        second = again()
        still = slow_steps(recorded, second)
        slow = {name: min(times, still[name]) for name, times in slow.items() if name in still}
    wrong = [f"{name} is {times:.2f} times slower than recorded (at most {TOO_SLOW})" for name, times in slow.items()]
    return wrong + [f"{name} is recorded and was not done" for name in recorded if name not in found]


class Steps:
    """The real steps on one engine, on a fresh database each repetition."""

    def __init__(self, engine: Engine, folder: Path, more: Mapping[str, str] | None = None) -> None:
        self._engine, self._more = engine, dict(more or {})
        self._export, self._changed, self._page = folder / "export", folder / "changed", folder / "page.html"

    def __call__(self) -> Seconds:
        """The steps one after the other; those of a build by room are parts of it."""
        with self._engine.candidate() as candidate:
            environment = candidate | self._more
            build = dbt_command("build", *TABLES, "--selector", "cdm")

            def taken(command: Sequence[str], variables: Mapping[str, str] = environment) -> float:
                return measured(command, variables).seconds

            yield "load", taken(synthea_omop_command("load", str(self._export)))
            yield "build", taken(build, of_build(environment))
            yield from _rooms(Path(environment["DBT_TARGET_PATH"]) / "run_results.json")
            yield "load of a small change", taken(synthea_omop_command("load", str(self._changed)))
            yield "build of a small change", taken(build, of_build(environment))
            yield "report", taken(synthea_omop_command("report", "--html", str(self._page)))
            arguments = ("--payer", "northwind", "--state", "GA", "--input-dir", str(SAMPLE / "rates"))
            yield "rates", taken(synthea_omop_command("rates", *arguments))


def _rooms(run_results: Path) -> Seconds:
    """Seconds of the models of each room, and of the seeds, in sum."""
    sums: dict[str, float] = {}
    manifest = json.loads((run_results.parent / "manifest.json").read_text(encoding="utf-8"))
    for result in json.loads(run_results.read_text(encoding="utf-8"))["results"]:
        node = manifest["nodes"].get(result["unique_id"])
        if node:
            room = node["fqn"][1] if node["resource_type"] == "model" else "seeds"
            sums[room] = sums.get(room, 0.0) + result["execution_time"]
    for room in sorted(sums):
        yield f"build: {room}", sums[room]


def read_recorded(path: Path) -> dict[str, Any]:
    """What was recorded; nothing where nothing was."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"steps": {}}


def figures_of(recorded: Mapping[str, Any], engine: str) -> dict[str, Figure]:
    return {name: Figure(**figure) for name, figure in recorded["steps"].get(engine, {}).items()}


def record(path: Path, engine: str, found: Mapping[str, Figure], repetitions: int) -> None:
    """Write what was found for an engine; the other engine's figures stay."""
    steps = read_recorded(path)["steps"] | {engine: {name: asdict(figure) for name, figure in found.items()}}
    text = json.dumps(
        {
            "recorded": date.today().isoformat(), "repetitions": repetitions, "copies": COPIES, "machine": machine(),
            "steps": dict(sorted(steps.items())),
        },
        indent=1,
    )
    path.write_text(text + "\n", encoding="utf-8")


def machine() -> dict[str, str | int | None]:
    """What kind of machine it is."""
    return {"cores": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()}


def show(engine: str, recorded: Mapping[str, Figure], found: Mapping[str, Figure], console: Console) -> None:
    """A row a step."""
    table = Table("engine", "step", "seconds", "ratio", "recorded", "times", "judged")
    for name, figure in found.items():
        known = recorded.get(name)
        table.add_row(
            engine, name, f"{figure.seconds:.2f}", f"{figure.ratio:.2f}", f"{known.ratio:.2f}" if known else "",
            f"{figure.ratio / known.ratio:.2f}" if known else "",
            "not recorded" if not known else "yes" if known.seconds >= FLOOR else f"no: below {FLOOR} s",
        )
    console.print(table)


def check(
    engine: str, repetition: Repetition, path: Path, is_recorded: bool, times: int, console: Console,
    calibration: Callable[[], float] = calibrate,
) -> list[str]:
    """Measure an engine's steps; what is wrong with them, or nothing when they are recorded anew."""
    known = figures_of(read_recorded(path), engine)
    found = measure(repetition, times, calibration)
    show(engine, {} if is_recorded else known, found, console)
    if is_recorded:
        record(path, engine, found, times)
        return []
    if not known:
        return [f"{engine}: nothing is recorded in {path}: python -m bench.check --engine {engine} --record"]

    def again() -> dict[str, Figure]:
        console.print("Some steps look too slow: measured again")
        second = measure(repetition, times, calibration)
        show(engine, known, second, console)
        return second

    return [f"{engine}: {text}" for text in verdicts(known, again, found)]


def make_exports(folder: Path) -> None:
    """The sample copied, and the same with a few patients changed."""
    copy_export(SAMPLE / "synthea", folder / "export", COPIES)
    change_patients(folder / "export", folder / "changed", SHARE)


def main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.check", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--engine", choices=ENGINES, action="append", required=True, help="may be given again")
    parser.add_argument("--record", action="store_true", help="write the figures instead of judging by them")
    parser.add_argument("--recorded", type=Path, default=RECORDED, help=f"the file (default {RECORDED.name})")
    parser.add_argument("--repetitions", type=int, default=3, help="of which the median counts (default 3)")
    given = parser.parse_args(list(arguments) if arguments is not None else None)
    console, wrong = wide_console(), []
    known = read_recorded(given.recorded)
    if not given.record and known.get("machine", machine()) != machine():
        console.print(f"Recorded on another kind of machine, {known['machine']}: the ratios may differ by that alone")
    with tempfile.TemporaryDirectory(prefix="synthea-omop-bench-") as name:
        folder = Path(name)
        make_exports(folder)
        for engine_name in given.engine:
            with ExitStack() as databases:
                (folder / engine_name).mkdir()
                databases.callback(shutil.rmtree, folder / engine_name)
                engine = Engine(engine_name, folder / engine_name, SAMPLE / "vocabulary", databases)
                wrong += check(
                    engine_name, Steps(engine, folder), given.recorded, given.record, given.repetitions, console
                )
    for text in wrong:
        print(f"Too slow, or not comparable: {text}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
