"""One delimited file: how it is opened, what its header says, and which column each field goes to."""

import csv
import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol

from loader.errors import LoaderError
from loader.load.raw_tables import Column

CHUNK = 1 << 20
SUFFIXES = (".csv", ".csv.gz")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class CsvFile:
    """A file and its fields in file order; a field without a column is read past.

    `quote` is None where a quote character is data. `date_format` is DuckDB's name of the form of the dates,
    None for ISO dates. Without `has_header` the fields were recognised by what they hold, and the first line is data.
    A file of 0 bytes has no columns. `unpacked_from` is the packed file that `path` was made of.
    """

    path: Path
    header: tuple[str, ...]
    columns: tuple[Column | None, ...]
    delimiter: str = ","
    quote: str | None = '"'
    date_format: str | None = None
    has_header: bool = True
    unpacked_from: Path | None = None

    @property
    def named(self) -> Path:
        """The file as the user knows it."""
        return self.unpacked_from or self.path

    @property
    def compressed(self) -> bool:
        """Whether the file is gzipped; its name says so."""
        return self.path.name.lower().endswith(".gz")


    @property
    def has_bare_dates_for_times(self) -> bool:
        """Whether the first row has a date and no time in its timestamp columns."""
        first = read_rows(self.path, 1 + self.has_header, self.delimiter, self.quote)[self.has_header :]
        times = [
            field for row in first for field, column in zip(row, self.columns, strict=False)
            if column and column.type == "timestamp" and field
        ]
        return bool(times) and len(times[0]) == len("2020-01-31")


def stem(path: Path) -> str | None:
    """`patients` for patients.csv, PATIENTS.CSV and patients.csv.gz; None for any other kind of file."""
    name = path.name.lower()
    suffix = next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)
    return name[: -len(suffix)] if suffix else None


def find_files(folder: Path) -> dict[str, Path]:
    """The .csv and .csv.gz files of a folder by their stem. Two files of one stem are an error."""
    if not folder.is_dir():
        raise LoaderError(f"{folder} is not a folder. Name the folder that holds the CSV files.")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        name = stem(path)
        if name is None or not path.is_file():
            continue
        if name in found:
            raise LoaderError(f"{folder} holds {found[name].name} and {path.name}. Keep one of the two.")
        found[name] = path
    return found


def ends_inside_a_line(path: Path) -> bool:
    """Whether a plain file does not end with a line end. A gzipped one is not looked into."""
    if path.name.lower().endswith(".gz") or not path.stat().st_size:
        return False
    with path.open("rb") as stream:
        stream.seek(-1, 2)
        return stream.read() not in (b"\n", b"\r")


def open_binary(path: Path, packed: BinaryIO | None = None) -> BinaryIO:
    """The file's bytes, unpacked if it is gzipped; read from `packed`, the file as it lies on disk, if that is open."""
    packed = packed or path.open("rb")
    return gzip.GzipFile(fileobj=packed) if path.name.lower().endswith(".gz") else packed  # type: ignore[return-value]


def read_rows(path: Path, count: int, delimiter: str = ",", quote: str | None = '"') -> list[list[str]]:
    """The first `count` rows, header included; fewer when the file is shorter."""
    rows = list(islice(all_rows(path, delimiter, quote), count))
    if rows and any("\ufffd" in field for field in rows[0]):
        raise LoaderError(f"{path}, line 1: is no UTF-8 text. Export the file again as UTF-8.")
    return rows


def all_rows(path: Path, delimiter: str = ",", quote: str | None = '"') -> Iterator[list[str]]:
    """The rows one after the other, header included."""
    try:
        # What is wrong further down, in the part that is read along with the first rows, is found by who reads it.
        with open_binary(path) as stream, TextIOWrapper(stream, "utf-8-sig", "replace", newline="") as text:
            yield from _reader(text, delimiter, quote)
    except (OSError, EOFError, zlib.error) as error:
        raise LoaderError(f"{path}: cannot be read ({error}). Copy or export the file again.") from error
    except csv.Error as error:
        raise LoaderError(f"{path}: is no delimited text ({error}). Export the file again.") from error


def count_rows(file: CsvFile, likely: int) -> int:
    """The rows after the header; blank lines are none. Fast where they are `likely` so many, one a line."""
    with open_binary(file.path) as stream:
        lines, last, blank = 0, b"\n", False
        while chunk := stream.read(CHUNK):
            lines += chunk.count(b"\n")
            blank = blank or any(mark in last + chunk for mark in (b"\n\n", b"\n\r\n"))
            last = chunk[-2:]
    if not blank and lines + (not last.endswith(b"\n")) - 1 == likely:
        return likely
    with open_binary(file.path) as stream, TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        return sum(1 for row in _reader(text, file.delimiter, file.quote) if row) - 1


def _reader(text: TextIOWrapper, delimiter: str, quote: str | None) -> Iterator[list[str]]:
    if quote is None:
        return csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(text, delimiter=delimiter, quotechar=quote)


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class CountedStream:
    """A stream for COPY. It tells how many bytes of the file on disk (`packed`) it has used, and keeps its own error,
    which COPY reports as the server's.
    """

    def __init__(self, stream: _Readable, packed: BinaryIO, on_bytes: Callable[[int], None]) -> None:
        self._stream, self._packed, self._on_bytes, self._told = stream, packed, on_bytes, 0
        self.error: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            chunk = self._stream.read(size)
        except (OSError, EOFError, zlib.error) as error:
            self.error = error
            raise
        position = self._packed.tell()
        self._on_bytes(position - self._told)
        self._told = position
        return chunk


def sha256(path: Path) -> str:
    """The fingerprint of the file as it lies on disk, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
