"""JSON files into raw tables: one process a file parses, two files at a time, and this one copies what they spool."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

from loader.csv_file import CsvFile
from loader.databases.base import Database, quoted
from loader.errors import LoaderError
from loader.folders import TemporaryFolder
from loader.rates.parse import Parsed
from loader.rates.spool import spooled_columns
from loader.rates.tables import RATES_LEDGER, RATES_TABLES
from loader.settings import PROJECT_DIR

AT_ONCE = 2


@dataclass(frozen=True)
class _Process:
    """One parser and the file that it reads."""

    path: Path
    process: "subprocess.Popen[str]"

    def go_on(self) -> None:
        """Tell the parser that a chunk was taken."""
        assert self.process.stdin
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except OSError:
            pass  # It has ended; what it has said to its end is read all the same.


def copy_json(
    database: Database, files: Mapping[int, Path], on_bytes: Callable[[int], None], rows_a_chunk: int
) -> dict[int, Parsed]:
    """Copy the rows of files (by id) into the raw tables, inside the transaction.

    LoaderError when a file is cut off or is none with rates; then nothing of it may stay.
    """
    waiting = list(files.items())
    running: dict[int, _Process] = {}
    parsed: dict[int, Parsed] = {}
    news: Queue[tuple[int, dict[str, Any]]] = Queue()
    with TemporaryFolder("rates") as folder:
        try:
            while waiting or running:
                while waiting and len(running) < AT_ONCE:
                    file_id, path = waiting.pop(0)
                    running[file_id] = _started(file_id, path, Path(folder), rows_a_chunk, news)
                file_id, said = news.get()
                parser = running[file_id]
                if "chunk" in said:
                    _copy_chunk(database, said["chunk"], Path(said["path"]), said["rows"])
                    parser.go_on()
                elif "bytes" in said:
                    on_bytes(said["bytes"])
                elif "done" in said:
                    parsed[file_id] = Parsed(**said["done"])
                elif "error" in said:
                    raise LoaderError(
                        f"{parser.path}: {said['error']}. Download or copy it again; nothing of this load was kept."
                    )
                else:
                    del running[file_id]
                    if file_id not in parsed:
                        raise LoaderError(f"{parser.path}: its parser ended early ({said['ended']}).")
        finally:
            for parser in running.values():
                parser.process.kill()
                parser.process.wait()
    return parsed


def _started(
    file_id: int, path: Path, folder: Path, rows_a_chunk: int, news: "Queue[tuple[int, dict[str, Any]]]"
) -> _Process:
    own = folder / str(file_id)
    own.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "loader.rates.parse", str(path.absolute()), str(own), str(file_id), str(rows_a_chunk)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT_DIR,
    )

    def listen() -> None:
        assert process.stdout and process.stderr
        for line in process.stdout:
            news.put((file_id, json.loads(line)))
        last = process.stderr.read().strip().splitlines()[-1:]
        news.put((file_id, {"ended": last[0] if last else f"exit code {process.wait()}"}))

    Thread(target=listen, daemon=True).start()
    return _Process(path, process)


def _copy_chunk(database: Database, table: str, chunk: Path, rows: int) -> None:
    types = {column.name: column for column in (RATES_TABLES | RATES_LEDGER)[table]}
    names = tuple(spooled_columns(table))
    schema = "raw_rates" if table in RATES_TABLES else "etl"
    file = CsvFile(chunk, names, tuple(types[name] for name in names), has_header=False)
    copied = database.copy(file, quoted(schema, table), {}, lambda _: None)
    if copied != rows:
        raise LoaderError(f"{rows:,} rows of {table} were parsed and {copied:,} arrived in the {database.place}.")
    chunk.unlink()
