"""Parquet files: DuckDB writes them, also what another engine gives as CSV."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread
from typing import BinaryIO

import duckdb

from loader.databases.base import literal, quoted

PARQUET = "format parquet, compression zstd"
LIST = "text[]"
READER_MEMORY = "128MB"


def csv_field(name: str, type_: str) -> str:
    """The SQL of a column as one field of a line: a list is joined by bars, which none of the codes holds."""
    return f"array_to_string({name}, '|')" if type_ == LIST else name


def parquet_of_csv(write: Callable[[BinaryIO], None], columns: Mapping[str, str], path: Path) -> int:
    """Make a Parquet file of the CSV that `write` puts into a stream (`csv_field` for each column); its rows."""
    reading, writing = os.pipe()
    errors: list[BaseException] = []

    def fill() -> None:
        try:
            with os.fdopen(writing, "wb") as stream:
                write(stream)
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that asked
            errors.append(error)

    types = ", ".join(
        f"{literal(name)}: {literal('text' if type_ == LIST else type_)}" for name, type_ in columns.items()
    )
    fields = ", ".join(
        f"list_filter(string_split({quoted(name)}, '|'), lambda part: part <> '') as {quoted(name)}"
        if type_ == LIST else quoted(name)
        for name, type_ in columns.items()
    )
    writer = Thread(target=fill, daemon=True)
    writer.start()
    rows = 0
    try:
        with duckdb.connect(config={"memory_limit": READER_MEMORY, "preserve_insertion_order": "false"}) as connection:
            rows = connection.execute(
                f"copy (select {fields} from read_csv('/dev/fd/{reading}', auto_detect = false, header = false,"
                f" nullstr = '', allow_quoted_nulls = false, columns = {{{types}}}))"
                f" to {literal(str(path))} ({PARQUET})"
            ).fetchall()[0][0]
    except duckdb.Error as error:
        errors.insert(0, error)
    finally:
        os.close(reading)
        writer.join()
    # Whoever reads ends early when the writer fails, and the writer when nobody reads: what is not that is the reason.
    for reason in sorted(errors, key=lambda error: isinstance(error, (duckdb.Error, BrokenPipeError))):
        raise reason
    return rows
