"""Rows of raw tables on their way out of the parser: CSV files of bounded size, handed over one by one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from loader.rates.tables import RATES_LEDGER, RATES_TABLES
from loader.rates.values import as_json, quoted_text

# A raw record is kept up to this many characters.
KEPT = 10_000
# A chunk ends at so many rows or bytes, whichever comes first.
ROWS_A_CHUNK = 1_000_000
BYTES_A_CHUNK = 32 << 20
WRITTEN_AT_ONCE = 1 << 17

_BEFORE_THE_RATE = 4


def spooled_columns(table: str) -> list[str]:
    """The columns of a table in the order in which its rows are spooled."""
    names = [column.name for column in (RATES_TABLES | RATES_LEDGER)[table]]
    if table == "json_price":
        # What prices share, their terms, is one text at the end of the line.
        rates = ["negotiated_rate", "rate_text"]
        return names[:_BEFORE_THE_RATE] + rates + [name for name in names[_BEFORE_THE_RATE:] if name not in rates]
    return names


class Spool:
    """Collects lines by table; `hand_over(table, path, rows)` is called for every full file and at the end."""

    def __init__(
        self, folder: Path, file_id: int, hand_over: Callable[[str, Path, int], None], rows_a_chunk: int = ROWS_A_CHUNK
    ) -> None:
        self.file_id = file_id
        self.counts: dict[str, int] = {}
        self._folder, self._hand_over, self._rows_a_chunk = folder, hand_over, rows_a_chunk
        self._open: dict[str, _Chunk] = {}
        self._chunks = 0

    def add(self, table: str, lines: str, rows: int = 1) -> None:
        """Write so many rows, each a line of CSV without the id of the file."""
        chunk = self._open.get(table)
        if chunk is None:
            self._chunks += 1
            chunk = self._open[table] = _Chunk(self._folder / f"{self._chunks}.{table}.csv")
        chunk.write(lines, rows)
        self.counts[table] = self.counts.get(table, 0) + rows
        if chunk.rows >= self._rows_a_chunk or chunk.bytes >= BYTES_A_CHUNK:
            self._end(table)

    def reject(self, row_number: int, place: str, column: str | None, value: Any, reason: str, raw: Any) -> None:
        """Set a record apart, with where it stood and why."""
        shown = None if value is None else as_json(value)[:KEPT]
        fields = (place, column, shown, reason, as_json(raw)[:KEPT])
        self.add("rejected_rate", f"{self.file_id},{row_number},{','.join(map(quoted_text, fields))}\n")

    def close(self) -> None:
        """Hand over what is left."""
        for table in list(self._open):
            self._end(table)

    def _end(self, table: str) -> None:
        chunk = self._open.pop(table)
        chunk.close()
        self._hand_over(table, chunk.path, chunk.rows)


class _Chunk:
    """A file that is written in larger pieces than it is given."""

    def __init__(self, path: Path) -> None:
        self.path, self.rows, self.bytes = path, 0, 0
        self._stream = path.open("wb")
        self._waiting: list[str] = []
        self._size = 0

    def write(self, lines: str, rows: int) -> None:
        self._waiting.append(lines)
        self._size += len(lines)
        self.rows += rows
        if self._size >= WRITTEN_AT_ONCE:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._stream.close()

    def _flush(self) -> None:
        self.bytes += self._stream.write("".join(self._waiting).encode("utf-8", "replace"))
        self._waiting.clear()
        self._size = 0
