"""Going through a delimited file: runs of plain lines in one step, every other record by itself."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from loader.archives import refuse_bomb
from loader.csv_file import BYTE_ORDER_MARK, CsvFile, open_binary
from loader.errors import LoaderError
from loader.load.spelling import plain_field

# A record may be this long; both engines read a longer one than the buffer ever holds.
LONGEST = 1 << 19
READ_SIZE = 1 << 17

_LINE = re.compile(rb"[^\r\n]*+(\r\n|\n|\r)?+")
_QUOTED = re.compile(rb'"((?:[^"]++|"")*+)"')
_UNQUOTED = re.compile(rb"[^,\r\n]*+")
_LINE_ENDS = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True)
class Run:
    """Plain lines, whole; one row each."""

    data: bytes
    rows: int


@dataclass(frozen=True)
class Record:
    """A record that is not plain.

    `fields` is None where quotes are broken or the line is too long to be one, and empty where the record is no row: a
    blank line, or the header once more.
    """

    line_number: int
    raw: bytes
    fields: list[bytes] | None


def read_parts(csv: CsvFile) -> Iterator[Run | Record]:
    """Everything after the header, in order.

    LoaderError when the file cannot be read or unpacks beyond all measure.
    """
    try:
        with csv.path.open("rb") as packed, open_binary(csv.path, packed) as stream:
            yield from _Reader(csv, stream, packed).parts()
    except (OSError, EOFError, zlib.error) as error:
        raise LoaderError(
            f"{csv.named}: cannot be read ({error}). Copy or export the file again; nothing of this load was kept."
        ) from error


class _Reader:
    """Holds the part of the file that was read and not yet given out: `buffer` from `position` on."""

    def __init__(self, csv: CsvFile, stream: BinaryIO, packed: BinaryIO) -> None:
        self._csv, self._stream, self._packed = csv, stream, packed
        self._buffer, self._position, self._line, self._unpacked = b"", 0, 1, 0
        self._at_end, self._shifted, self._line_end = False, 0, b"\n"
        self._header = [field.upper() for field in csv.header]

    def parts(self) -> Iterator[Run | Record]:
        self._fill()
        self._buffer = self._buffer.removeprefix(BYTE_ORDER_MARK)
        first = _LINE.match(self._buffer)
        # Lines that end with \r alone are read one by one: not every engine takes them.
        self._line_end = first[1] if first and first[1] == b"\r\n" else b"\n"
        fields = b",".join(plain_field(column.type if column else "text") for column in self._csv.columns)
        self._plain = re.compile(b"(?:" + fields + re.escape(self._line_end) + b")*+")
        if self._csv.has_header:
            while self._needs_more():
                self._fill()
            self._take_record()
        while self._position < len(self._buffer) or not self._at_end:
            if run := self._take_run():
                yield run
            if self._needs_more():
                self._fill()
                continue
            line_number = self._line
            if self._position < len(self._buffer):
                raw, fields_found = self._take_record()
                if not raw or self._is_header(fields_found):
                    fields_found = []
                yield Record(line_number, raw, fields_found)

    def _fill(self) -> None:
        chunk = self._stream.read(READ_SIZE)
        self._at_end = not chunk
        if self._at_end and self._buffer and not self._buffer.endswith((b"\n", b"\r")):
            chunk = self._line_end
        self._unpacked += len(chunk)
        refuse_bomb(self._csv.named, self._unpacked, self._packed.tell())
        self._buffer, self._position = self._buffer[self._position:] + chunk, 0

    def _take_run(self) -> Run | None:
        end = self._plain.match(self._buffer, self._position).end()  # type: ignore[union-attr]
        data = _utf8_lines(self._buffer[self._position:end])
        rows = data.count(b"\n")
        self._position, self._line = self._position + len(data), self._line + rows
        return Run(data, rows) if data else None

    def _needs_more(self) -> bool:
        """Whether what follows may be the beginning of a record whose end was not read yet."""
        if self._at_end:
            return False
        rest = len(self._buffer) - self._position
        # One byte more than the line end: it may be the first half of \r\n.
        return rest < LONGEST and self._line_ahead().end() >= len(self._buffer)

    def _take_record(self) -> tuple[bytes, list[bytes] | None]:
        """Step over one record: its raw bytes without the line end, and its fields."""
        fields, end = self._quoted_fields() if b'"' in self._line_ahead()[0] else (None, 0)
        # Looked up again: reading on for a quoted field moves the buffer.
        line = self._line_ahead()
        raw = line[0].removesuffix(line[1] or b"")
        if fields is not None:
            raw, end = self._buffer[self._position:end], self._after_line_end(end)
        elif line[1] or self._at_end:
            fields, end = None if b'"' in raw else raw.split(b","), line.end()
        else:
            self._skip_long_line()
            return raw, None
        self._line += len(_LINE_ENDS.findall(self._buffer, self._position, end))
        self._position = end
        return raw, fields

    def _line_ahead(self) -> re.Match[bytes]:
        line = _LINE.match(self._buffer, self._position)
        assert line
        return line

    def _skip_long_line(self) -> None:
        while not self._at_end:
            self._position = len(self._buffer)
            self._fill()
            line = self._line_ahead()
            self._position = line.end()
            if line[1]:
                self._line += 1
                return

    def _after_line_end(self, position: int) -> int:
        end = _LINE_ENDS.match(self._buffer, position)
        return end.end() if end else position

    def _quoted_fields(self) -> tuple[list[bytes] | None, int]:
        """The fields of a record in which a quoted field may hold line ends; None when its quotes are broken."""
        fields: list[bytes] = []
        position = self._position
        while True:
            quoted = _QUOTED.match(self._buffer, position)
            is_open = not quoted and self._buffer[position:position + 1] == b'"'
            found = quoted or _UNQUOTED.match(self._buffer, position)
            end = len(self._buffer) if is_open or not found else found.end()
            # The last byte that was read may be half of a doubled quote or of a line end.
            if end + 1 >= len(self._buffer) and self._grow():
                position -= self._shifted
                continue
            if is_open:
                return None, position
            fields.append(quoted[1].replace(b'""', b'"') if quoted else self._buffer[position:end])
            following = self._buffer[end:end + 1]
            if following in (b"", b"\n", b"\r"):
                return fields, end
            if following != b",":
                return None, end
            position = end + 1

    def _grow(self) -> bool:
        """Read on, for a quoted field whose end was not read yet; False when it is too long or the file ends."""
        if self._at_end or len(self._buffer) - self._position > LONGEST:
            return False
        self._shifted = self._position
        self._fill()
        return True

    def _is_header(self, fields: list[bytes] | None) -> bool:
        if fields is None or len(fields) != len(self._header):
            return False
        names = [field.decode("utf-8", "replace").strip().upper() for field in fields]
        return [names[0].lstrip("\ufeff"), *names[1:]] == self._header


def _utf8_lines(data: bytes) -> bytes:
    """The lines before the first one that is no UTF-8."""
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return data[: data.rfind(b"\n", 0, error.start) + 1]
    return data
