r"""The load of a vocabulary of the size of a full Athena download, as a ratio to the bare typed load plus its indexes.

`python -m bench.vocabulary --concepts 6000000 --ancestors 70000000 --engine duckdb --pairs 3 --out FILE`

The rows are made up, their ids count upwards. Relationships are twice as many as concepts, synonyms as many. The unit
on PostgreSQL is `psql \copy` into tables of the same types, then the same keys, indexes and statistics; on DuckDB,
which has none, it is `read_csv` alone.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from bench.measure import measured
from bench.suite import MEMORY_LIMIT, SERVER_SETTINGS
from bench.units import bare_read, run_psql
from loader.databases.base import column_definitions, quoted
from loader.vocabulary.athena import read_vocabulary
from loader.vocabulary.tables import VOCABULARY_TABLES
from tests.support.commands import synthea_omop_command
from tests.support.environments import ENGINES, duckdb_environment, postgres_environment
from tests.support.postgres_server import PostgresServer, postgres_server

VALID = "'19700101', '20991231', null"
ROWS = {
    "concept": (
        "concepts",
        f"i, 'Made up concept ' || i, 'Condition', 'SNOMED', 'Disorder', 'S', printf('%05d', i), {VALID}",
    ),
    "concept_relationship": ("relationships", f"i // 2, (i * 7) % {{concepts}}, 'Maps to', {VALID}"),
    "concept_ancestor": ("ancestors", "(i * 13) % {concepts}, i % {concepts}, i % 5, i % 9"),
    "concept_synonym": ("concepts", "i, 'Made up synonym ' || i, 4180186"),
    "drug_strength": ("strengths", f"i, i + 1, 12.5, 8576, null, null, null, null, null, {VALID}"),
    "concept_class": ("one", "'Disorder', 'Disorder', 0"),
    "domain": ("one", "'Condition', 'Condition', 19"),
    "vocabulary": ("one", "'SNOMED', 'SNOMED', 'made up', 'made up', 0"),
    "relationship": ("one", "'Maps to', 'Maps to', '1', '0', 'Mapped from', 0"),
}


def make_vocabulary(folder: Path, concepts: int, ancestors: int) -> int:
    """Write the files of a made-up download; their bytes."""
    counts = {
        "concepts": concepts, "ancestors": ancestors, "relationships": 2 * concepts, "strengths": concepts // 2,
        "one": 1,
    }
    folder.mkdir()
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "preserve_insertion_order": "false"}) as connection:
        for name, (count, row) in ROWS.items():
            names = ", ".join(column.name for column in VOCABULARY_TABLES[name].columns)
            connection.execute(
                f"copy (select * from (select {row.format(**counts)} from range({counts[count]}) as rows (i))"
                f" as made ({names})) to '{folder / f'{name.upper()}.csv'}'"
                " (format csv, header true, delimiter '\t', quote '', escape '')"
            )
    return sum(path.stat().st_size for path in folder.iterdir())


def duckdb_unit(folder: Path, database: Path) -> float:
    """Seconds of the bare typed load into a new file."""
    files = read_vocabulary(folder).files
    started = time.perf_counter()
    with duckdb.connect(database, config={"memory_limit": MEMORY_LIMIT}) as connection:
        for name, file in files.items():
            connection.execute(f"create table {quoted(name)} as select * from {bare_read(file)}")
    return time.perf_counter() - started


def postgres_unit(folder: Path, psql: Path, environment: Mapping[str, str]) -> float:
    r"""Seconds of `\copy` of one file after the other, then the keys and indexes that the loader makes."""
    files = read_vocabulary(folder).files
    for name in files:
        columns = column_definitions(VOCABULARY_TABLES[name].columns)
        run_psql(psql, environment, f"create table {quoted(name)} ({columns})")
    started = time.perf_counter()
    for name, file in files.items():
        run_psql(
            psql, environment,
            f"\\copy {name} from '{file.path}' with (format csv, header true, delimiter E'\\t', quote E'\\x01')",
        )
        table = VOCABULARY_TABLES[name]
        if table.primary_key:
            keys = ", ".join(table.primary_key)
            run_psql(psql, environment, f"alter table {quoted(name)} add primary key ({keys})")
        for index in table.indexes:
            run_psql(psql, environment, f"create index on {quoted(name)} ({', '.join(index)})")
        run_psql(psql, environment, f"analyze {quoted(name)}")
    return time.perf_counter() - started


def run_pair(name: str, server: PostgresServer | None, vocabulary: Path, folder: Path) -> dict[str, float | str]:
    """Seconds of one unit and of one candidate, and MiB of the loader's process."""
    folder.mkdir()
    with ExitStack() as databases:
        def environment(kind: str) -> Mapping[str, str]:
            (folder / kind).mkdir()
            if server:
                return databases.enter_context(postgres_environment(server, folder / kind))
            return duckdb_environment(folder / kind) | {"SYNTHEA_OMOP_MEMORY_LIMIT": MEMORY_LIMIT}

        bare, candidate = environment("unit"), environment("candidate")
        if server:
            unit = postgres_unit(vocabulary, server.binaries / "psql", bare)
        else:
            unit = duckdb_unit(vocabulary, Path(bare["SYNTHEA_OMOP_DATABASE"]))
        loaded = measured(synthea_omop_command("vocabulary", str(vocabulary)), candidate)
    shutil.rmtree(folder)
    return {"engine": name, "unit": unit, "loaded": loaded.seconds, "peak MiB": loaded.peak_mib}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.vocabulary", description=__doc__.splitlines()[0])
    parser.add_argument("--concepts", type=int, default=6_000_000, help="rows of CONCEPT.csv (default 6,000,000)")
    parser.add_argument("--ancestors", type=int, default=70_000_000, help="of CONCEPT_ANCESTOR.csv (default 70,000,000)")
    parser.add_argument("--engine", choices=ENGINES, action="append", required=True, help="may be given again")
    parser.add_argument("--pairs", type=int, default=3, help="units and candidates (default 3)")
    parser.add_argument("--out", type=Path, help="file to which each run is added as a line of JSON")
    arguments = parser.parse_args()
    console = Console()
    table = Table("engine", "unit", "loaded", "ratio", "peak MiB")
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="synthea-omop-bench-")))
        size = make_vocabulary(folder / "vocabulary", arguments.concepts, arguments.ancestors)
        console.print(f"{size / 1e6:,.0f} MB")
        for name in arguments.engine:
            runs = []
            with ExitStack() as servers:
                server = servers.enter_context(postgres_server(SERVER_SETTINGS)) if name == "postgres" else None
                for pair in range(arguments.pairs):
                    runs.append(run := run_pair(name, server, folder / "vocabulary", folder / f"{name}{pair}"))
                    console.print(line := json.dumps(run), soft_wrap=True, highlight=False)
                    if arguments.out:
                        with arguments.out.open("a") as file:
                            file.write(line + "\n")
            medians = [f"{statistics.median(float(run[figure]) for run in runs):.1f}" for figure in ("unit", "loaded")]
            ratio = statistics.median(float(run["loaded"]) / float(run["unit"]) for run in runs)
            table.add_row(name, *medians, f"{ratio:.2f}", f"{max(float(run['peak MiB']) for run in runs):.0f}")
    console.print(table)


if __name__ == "__main__":
    main()
