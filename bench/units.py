"""What a build is measured against: the bare, typed load of the same files, without a loader and without dbt."""

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb

from loader.csv_file import CsvFile
from loader.load.export import read_export


def duckdb_unit(export: Path, database: Path, memory_limit: str) -> float:
    """Seconds to read every file with `read_csv` and given types into tables of the new file `database`."""
    files = read_export(export).files
    started = time.perf_counter()
    with duckdb.connect(database, config={"memory_limit": memory_limit}) as connection:
        for name, file in files:
            connection.execute(f"create table {name} as select * from {bare_read(file)}")
    return time.perf_counter() - started


def bare_read(file: CsvFile) -> str:
    """The SQL that reads a file with given types; a gzipped one is unpacked by DuckDB."""
    columns = ", ".join(f"'{column}': '{kind}'" for column, kind in _columns(file))
    form = f", dateformat = '{file.date_format}'" if file.date_format else ""
    return (
        f"read_csv('{file.path}', auto_detect = false, header = true, delim = '{file.delimiter}',"
        f" quote = '{file.quote or ''}', escape = '{file.quote or ''}', columns = {{{columns}}}{form},"
        f" compression = '{'gzip' if file.compressed else 'none'}')"
    )


def postgres_unit(export: Path, psql: Path, environment: Mapping[str, str]) -> float:
    r"""Seconds that `psql \copy` takes for one file after the other into UNLOGGED tables of the same types.

    The tables are made before the clock starts.
    """
    files = read_export(export).files
    for name, file in files:
        columns = ", ".join(f'"{column}" {kind}' for column, kind in _columns(file))
        run_psql(psql, environment, f"create unlogged table {name} ({columns})")
    started = time.perf_counter()
    for name, file in files:
        run_psql(psql, environment, f"\\copy {name} from '{file.path}' with (format csv, header true)")
    return time.perf_counter() - started


def _columns(file: CsvFile) -> list[tuple[str, str]]:
    """Name and type of each field, in the file's order."""
    typed = zip(file.header, file.columns, strict=True)
    return [(column.name, column.type) if column else (field.lower(), "text") for field, column in typed]


def run_psql(psql: Path, environment: Mapping[str, str], command: str) -> None:
    """Run one statement or meta-command with psql; CalledProcessError when it fails."""
    subprocess.run(
        [psql, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", command],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )
