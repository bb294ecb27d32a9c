"""Rows that cannot be read: how many are allowed, which they are, and where they are written to."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TextIO

from loader.csv_file import CsvFile
from loader.databases.base import Database, quoted
from loader.databases.tables import LEDGER
from loader.errors import LoaderError
from loader.folders import TemporaryFolder

LISTED = 10
# A raw line is kept up to this many characters.
KEPT = 10_000
_TABLE = next(table for table in LEDGER if table.name == "rejected_row")


@dataclass(frozen=True)
class Limit:
    """How many rows of a load may be rejected: a number of them, or a percentage of the rows read."""

    rows: int = 0
    percent: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """The limit that `10` or `0.5%` says; ValueError for anything else."""
        if found := re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*%", text) and text.rstrip("% "):
            if float(found) <= 100:
                return cls(percent=float(found))
        elif re.fullmatch(r"\d{1,18}", text):
            return cls(int(text))
        raise ValueError(f"{text!r} is no number of rows like 10 and no percentage like 0.5%.")

    def allows(self, rejected: int, read: int) -> bool:
        """Whether so many of the rows read may be rejected."""
        return rejected <= (self.rows if self.percent is None else read * self.percent / 100)

    def __str__(self) -> str:
        return f"{self.rows:,}" if self.percent is None else f"{self.percent:g} %"


ANY_NUMBER = Limit(2**62)


@dataclass(frozen=True)
class Reject:
    """One row that was not loaded. `column` and `value` are None where the whole line is at fault."""

    line_number: int
    column: str | None
    value: str | None
    reason: str
    raw_line: str


class Rejects:
    """Collects the rejected rows of one load, from several threads too: the first ones to name, all of them on disk."""

    def __init__(self, limit: Limit = Limit()) -> None:
        self.limit = limit
        self.count = 0
        self._named: list[tuple[str, int, str]] = []
        self._lock = Lock()
        self._folder: TemporaryFolder | None = None
        self._spooled: TextIO | None = None

    def add(self, file: CsvFile, reject: Reject) -> None:
        """Keep a row. Once the limit is passed and enough are named, nothing more is kept."""
        column = f", column {reject.column}" if reject.column else ""
        named = (str(file.named), reject.line_number, f"{file.named}, line {reject.line_number}{column}: {reject.reason}")
        with self._lock:
            self.count += 1
            if len(self._named) < LISTED:
                self._named.append(named)
            if not self.hopeless:
                self._write((file.named.name, reject.line_number, reject.column, reject.value, reject.reason,
                             reject.raw_line))

    @property
    def hopeless(self) -> bool:
        """Whether the load cannot succeed any more and the message is full."""
        return self.limit.percent is None and self.count > self.limit.rows and self.count >= LISTED

    def named(self) -> list[str]:
        """The first rejected rows, each with its place and reason."""
        with self._lock:
            return [text for _, _, text in sorted(self._named)]

    def check(self, rows_read: int) -> None:
        """LoaderError with the first rejected rows when there are more than the limit allows."""
        if self.limit.allows(self.count, rows_read):
            return
        listed = "\n".join(f"  {text}" for text in self.named())
        number = f"{self.count:,}{' or more' if self.hopeless else ''} row{'s'[:self.count != 1]} cannot be read"
        raise LoaderError(
            f"{number}, and --max-rejects allows {self.limit}; nothing of this load was kept."
            f" {'The first of them' if self.count > LISTED or self.hopeless else 'Namely'}:\n{listed}\n"
            "Correct them, export the files again, or allow them with --max-rejects."
        )

    def save(self, database: Database, batch_id: int) -> None:
        """Write the rejected rows into etl.rejected_row, inside the transaction of the load."""
        if not self._folder or not self._spooled:
            return
        self._spooled.flush()
        columns = tuple(column for column in _TABLE.columns if column.name != "batch_id")
        file = CsvFile(self._spool, tuple(column.name for column in columns), columns)
        database.copy(file, quoted("etl", "rejected_row"), {}, lambda _: None)
        database.execute("update etl.rejected_row set batch_id = ? where batch_id is null", (batch_id,))
        self.close()

    def close(self) -> None:
        """Forget the rows: they are saved, or the load has failed."""
        if self._folder and self._spooled:
            self._spooled.close()
            self._folder.cleanup()
        self._folder = self._spooled = None

    def _write(self, row: tuple[str | int | None, ...]) -> None:
        if not self._spooled:
            self._folder = TemporaryFolder("rejects")
            self._spooled = self._spool.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._spooled, lineterminator="\n")
            self._writer.writerow(column.name for column in _TABLE.columns if column.name != "batch_id")
        self._writer.writerow(row)

    @property
    def _spool(self) -> Path:
        assert self._folder
        return Path(self._folder.name) / "rejected_row.csv"


def shown(raw: bytes) -> str:
    r"""A raw line or value as text that every database takes: bytes that are no UTF-8 and NUL bytes as `\x..`."""
    text = raw[: 4 * KEPT].decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    return text if len(text) <= KEPT else text[:KEPT] + "..."
