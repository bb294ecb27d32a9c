"""One file into one table: whole by the engine's own reader, after the lines that it would not read are set apart."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from loader.csv_file import CsvFile
from loader.databases.base import Database, OnBytes
from loader.errors import LoaderError
from loader.folders import TemporaryFolder
from loader.load.raw_tables import Column
from loader.load.records import Record, Run, read_parts
from loader.load.rejects import Reject, Rejects, shown
from loader.load.spelling import base_type, normalised

# Where a release would write the word `null` for an organization or clinician that is missing.
_NULL_IDS = {"placeofservice", "providerid", "supervisingproviderid"}


@dataclass(frozen=True)
class CopyResult:
    """What became of the rows of a file; blank lines and headers are no rows. `rows_read` is the sum of the others."""

    rows_read: int
    rows_loaded: int
    rejected: int = 0


@dataclass(frozen=True)
class Cleaned:
    """A file whose every line both engines read alike, how many rows it has, and how many were rejected from it."""

    csv: CsvFile
    rows: int
    rejected: int


def copy_file(
    database: Database,
    csv_file: CsvFile,
    table: str,
    constants: Mapping[str, str | int],
    advance: OnBytes,
    rejects: Rejects | None,
) -> CopyResult:
    """Copy a file into a table; rows that cannot be read go to `rejects`.

    Without `rejects` the file is given to the engine as it is, and any bad row is an error. LoaderError when the
    engine loads another number of rows than the file has.
    """
    if rejects is None:
        rows = database.copy(csv_file, table, constants, advance)
        return CopyResult(rows, rows, 0)
    with cleaned(csv_file, rejects) as clean:
        is_other = clean.csv.path != csv_file.path
        loaded = 0
        if clean.rows:
            loaded = database.copy(clean.csv, table, constants, (lambda _: None) if is_other else advance)
        if is_other or not clean.rows:
            advance(csv_file.path.stat().st_size)
        if loaded != clean.rows:
            raise LoaderError(
                f"{csv_file.named}: {clean.rows:,} rows were read and {loaded:,} arrived in the {database.place}."
                " Nothing of this load was kept. Was the file changed meanwhile?"
            )
        return CopyResult(loaded + clean.rejected, loaded, clean.rejected)


@contextmanager
def cleaned(csv_file: CsvFile, rejects: Rejects) -> Iterator[Cleaned]:
    """The file itself where every line of it is plain, else a plain copy of its good rows, which the end removes."""
    if not csv_file.columns:
        rejects.add(csv_file, Reject(1, None, None, "the file is empty, a header was expected", ""))
        yield Cleaned(csv_file, 0, 1)
        return
    rows = _plain_rows(csv_file)
    if rows is not None:
        yield Cleaned(csv_file, rows, 0)
        return
    with TemporaryFolder("cleaned") as folder:
        copy = replace(csv_file, path=Path(folder) / "cleaned.csv", has_header=True)
        with copy.path.open("wb") as out:
            good, bad = _write_good_rows(csv_file, out, rejects)
        yield Cleaned(copy, good, bad)


def _plain_rows(csv_file: CsvFile) -> int | None:
    """How many rows the file has, or None when one of its lines needs a closer look."""
    if not csv_file.has_header:
        return None
    rows = 0
    for part in read_parts(csv_file):
        if isinstance(part, Record):
            return None
        rows += part.rows
    return rows


def _write_good_rows(csv_file: CsvFile, out: BinaryIO, rejects: Rejects) -> tuple[int, int]:
    out.write(b",".join(map(_quoted, csv_file.header)) + b"\n")
    good = bad = 0
    for part in read_parts(csv_file):
        if isinstance(part, Run):
            out.write(part.data.replace(b"\r\n", b"\n"))
            good += part.rows
            continue
        if part.fields == []:
            continue
        values = _values(csv_file, part)
        if isinstance(values, Reject):
            bad += 1
            rejects.add(csv_file, values)
            if rejects.hopeless:
                break
        else:
            good += 1
            out.write(b",".join(map(_quoted, values)) + b"\n")
    return good, bad


def _values(csv_file: CsvFile, record: Record) -> list[str] | Reject:
    """The fields in their plain spelling, those without a column emptied; or why the record is refused."""
    raw, line = shown(record.raw), record.line_number
    if record.fields is None:
        return Reject(line, None, None, "quotes that do not match, or a line too long to be a row", raw)
    if len(record.fields) != len(csv_file.columns):
        expected = len(csv_file.columns)
        reason = f"more or fewer fields than the {expected} of the header ({len(record.fields)})"
        return Reject(line, None, None, reason, raw)
    values = []
    for name, column, field in zip(csv_file.header, csv_file.columns, record.fields, strict=True):
        try:
            values.append(_value(column, field))
        except ValueError as error:
            return Reject(line, name, shown(field), str(error), raw)
    return values


def _value(column: Column | None, field: bytes) -> str:
    if column is None or not field:
        return ""
    try:
        text = field.decode()
    except UnicodeDecodeError:
        raise ValueError(f'"{shown(field)[:100]}" is no UTF-8 text') from None
    if text == "null" and column.name in _NULL_IDS and base_type(column.type) == "uuid":
        return ""
    return normalised(text, column.type)


def _quoted(value: str) -> bytes:
    needs_quotes = any(letter in value for letter in ',"\r\n')
    return (('"' + value.replace('"', '""') + '"') if needs_quotes else value).encode()
