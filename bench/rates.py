r"""The speed and memory of the rates road, as ratios to the barest work on the same files.

`python -m bench.rates --rates 13400000 --limit 1024 --limit 512 --engine duckdb --pairs 3 --out FILE`: the whole verb
(raw load, dbt, tests) on flattened Parquet. Its unit is one `select distinct *, md5(...)` of the rates, on DuckDB under
the same limit, on PostgreSQL after a `\copy`. `--hostile` makes a million descriptions, POS lists and dates.

`python -m bench.rates --json-megabytes 1000 [--packed] --engine duckdb --pairs 3`: JSON to the raw tables, no dbt. Its
unit parses the same file with the same parser, one rate of an item after the other, and keeps nothing.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import duckdb
from rich.console import Console
from rich.table import Table

from bench.measure import measured
from bench.suite import SERVER_SETTINGS
from bench.tic import Kind, write_json
from bench.tic_flattened import FIRST_RATES, write_flattened
from bench.units import run_psql
from loader.databases import open_database
from loader.progress import QUIET
from loader.rates.inputs import named_inputs
from loader.rates.loading import Request, load_rates
from loader.rates.memory import share_for_duckdb
from loader.settings import Settings
from tests.support.commands import synthea_omop, synthea_omop_command
from tests.support.environments import ENGINES, duckdb_environment, postgres_environment
from tests.support.postgres_server import PostgresServer, postgres_server

SECONDS_BETWEEN_LOOKS = 0.1
# Of the JSON that the generator writes with its usual references.
RATES_A_MEGABYTE = 177_000
MD5 = f"md5(concat_ws('|', {', '.join(f'cast({name} as text)' for name in FIRST_RATES)}))"
PARSE = """
import gzip, sys
import ijson.backends.yajl2_c as ijson
with (gzip.open if sys.argv[1].endswith(".gz") else open)(sys.argv[1], "rb") as stream:
    for element in ijson.items(stream, "in_network.item.negotiated_rates.item", use_float=True):
        pass
"""
DISTINCT = f"""
import duckdb, sys
config = {{"memory_limit": sys.argv[3], "preserve_insertion_order": "false"}}
with duckdb.connect(sys.argv[2], config=config) as connection:
    connection.execute(f"create table bare as select distinct *, {MD5} from read_parquet('{{sys.argv[1]}}')")
"""


def flattened_pair(
    server: PostgresServer | None, files: list[Path], limit: int, folder: Path
) -> dict[str, float | str]:
    """One unit and one run of the verb, each in a database of its own: seconds, peaks and the space on disk in MiB."""
    folder.mkdir()
    engine = "postgres" if server else "duckdb"
    with ExitStack() as databases:
        def environment(kind: str) -> dict[str, str]:
            (folder / kind).mkdir()
            if server:
                return dict(databases.enter_context(postgres_environment(server, folder / kind)))
            return duckdb_environment(folder / kind)

        unit_environment, candidate = environment("unit"), environment("candidate")
        # dbt parses the project once for every new version of it, not in every run.
        nothing = ("rates", "--payer", "nobody", "--full-refresh", "--memory-limit", str(limit))
        synthea_omop(*nothing, environment=candidate)
        if server:
            unit, unit_peak = _postgres_unit(server, files[0], unit_environment), 0.0
        else:
            bare = [sys.executable, "-c", DISTINCT, str(files[0]), str(folder / "unit" / "bare.duckdb"), f"{limit}MB"]
            done = measured(bare, unit_environment)
            unit, unit_peak = done.seconds, done.peak_mib
        command = synthea_omop_command(
            "rates", "--payer", "northwind", "--state", "GA", "--rates", str(files[0]), "--providers", str(files[1]),
            "--memory-limit", str(limit),
        )
        with _spill(folder / "candidate") as spill:
            done = measured(command, candidate)
    shutil.rmtree(folder)
    return {
        "engine": engine, "limit": limit, "unit": unit, "seconds": done.seconds, "ratio": done.seconds / unit,
        "peak MiB": done.peak_mib, "unit peak MiB": unit_peak, "spill MiB": spill[0] / 2**20,
    }


def _postgres_unit(server: PostgresServer, rates: Path, environment: Mapping[str, str]) -> float:
    r"""Seconds of `\copy` and one `select distinct`; the CSV file and the table are made before the clock starts."""
    plain = rates.with_suffix(".csv")
    if not plain.exists():
        with duckdb.connect(config={"memory_limit": "500MB"}) as connection:
            connection.execute(f"copy (select * from read_parquet('{rates}')) to '{plain}' (format csv, header)")
    psql = server.binaries / "psql"
    kinds = {"provider_reference_id": "bigint", "negotiated_rate": "double precision"}
    columns = ", ".join(f"{name} {kinds.get(name, 'text')}" for name in FIRST_RATES)
    run_psql(psql, environment, f"create unlogged table bare ({columns})")
    started = time.perf_counter()
    run_psql(psql, environment, f"\\copy bare from '{plain}' with (format csv, header true)")
    run_psql(psql, environment, "create unlogged table hashed as select distinct * from bare")
    return time.perf_counter() - started


def json_pair(server: PostgresServer | None, path: Path, folder: Path) -> dict[str, float | str]:
    """One bare parse and one load into the raw tables."""
    folder.mkdir()
    with ExitStack() as databases:
        environment = dict(
            databases.enter_context(postgres_environment(server, folder)) if server else duckdb_environment(folder)
        )
        bare = measured([sys.executable, "-c", PARSE, str(path)], environment)
        done = measured([sys.executable, "-m", "bench.rates", "--load-only", str(path)], environment)
    shutil.rmtree(folder)
    return {
        "engine": "postgres" if server else "duckdb", "file": path.name, "megabytes": path.stat().st_size / 1e6,
        "unit": bare.seconds, "seconds": done.seconds, "ratio": done.seconds / bare.seconds, "peak MiB": done.peak_mib,
    }


def load_only(path: Path, environment: Mapping[str, str]) -> None:
    """Load a file into the raw tables of the database that the environment leads to."""
    memory = f"{share_for_duckdb(1024)}MiB"
    settings = Settings(
        environment["SYNTHEA_OMOP_TARGET"], Path(environment.get("SYNTHEA_OMOP_DATABASE", "")), memory
    )
    request = Request("northwind", "GA", named_inputs([path], (), (), memory), reader_memory=memory)
    with open_database(settings) as database:
        load_rates(database, request, QUIET)


@contextmanager
def _spill(folder: Path) -> Iterator[list[int]]:
    """The most that lay in DuckDB's spill folders below a folder, in bytes."""
    found, over = [0], Event()

    def look() -> None:
        while not over.wait(SECONDS_BETWEEN_LOOKS):
            size = 0
            for place in folder.glob("*.tmp/*"):
                try:
                    size += place.stat().st_size
                except FileNotFoundError:
                    continue
            found[0] = max(found[0], size)

    looking = Thread(target=look, daemon=True)
    looking.start()
    try:
        yield found
    finally:
        over.set()
        looking.join()


def print_results(runs: list[dict[str, float | str]], console: Console) -> None:
    """A row an engine and limit or file: the medians of the figures."""
    figures = [name for name, value in runs[0].items() if isinstance(value, float)]
    kinds = [name for name in runs[0] if name not in figures]
    table = Table(*kinds, *figures)
    for group in dict.fromkeys(tuple(str(run[name]) for name in kinds) for run in runs):
        same = [run for run in runs if tuple(str(run[name]) for name in kinds) == group]
        table.add_row(*group, *(f"{statistics.median(float(run[figure]) for run in same):.2f}" for figure in figures))
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.rates", description=__doc__.splitlines()[0])
    parser.add_argument("--rates", type=int, help="flattened rates, of which 78 %% repeat others")
    parser.add_argument("--json-megabytes", type=int, help="size of a JSON file")
    parser.add_argument("--packed", action="store_true", help="gzip the JSON, for the unit too")
    parser.add_argument("--lists", type=int, help="different lists of references in the JSON (default: each its own)")
    parser.add_argument("--hostile", action="store_true", help="a million descriptions, POS lists and dates")
    parser.add_argument("--limit", type=int, action="append", help="memory limit in MB; may be given again")
    parser.add_argument("--engine", choices=ENGINES, action="append", default=[], help="may be given again")
    parser.add_argument("--pairs", type=int, default=3, help="units and candidates (default 3)")
    parser.add_argument("--out", type=Path, help="file to which each run is added as a line of JSON")
    parser.add_argument("--load-only", type=Path, help="load one file into the raw tables, and no more")
    given = parser.parse_args()
    if given.load_only:
        load_only(given.load_only, os.environ)
        return
    console, runs = Console(), []
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="synthea-omop-bench-")))
        works = []
        if given.rates:
            files = write_flattened(folder, given.rates, hostile=given.hostile)
            works += [
                lambda server, place, limit=limit: flattened_pair(server, files, limit, place)
                for limit in given.limit or [1024]
            ]
        if given.json_megabytes:
            path = write_json(
                folder / f"northwind.json{'.gz' if given.packed else ''}",
                Kind(given.json_megabytes * RATES_A_MEGABYTE, groups=2000, references_a_rate=73, lists=given.lists),
            )
            works.append(lambda server, place: json_pair(server, path, place))
        for engine in given.engine:
            with ExitStack() as servers:
                server = servers.enter_context(postgres_server(SERVER_SETTINGS)) if engine == "postgres" else None
                for number in range(given.pairs * len(works)):
                    run = works[number % len(works)](server, folder / f"{engine}{number}")
                    runs.append(run)
                    console.print(line := json.dumps(run), soft_wrap=True, highlight=False)
                    if given.out:
                        with given.out.open("a") as out:
                            out.write(line + "\n")
    print_results(runs, console)


if __name__ == "__main__":
    main()
