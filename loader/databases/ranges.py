"""Parts of a file for several sessions: cut at line ends, read as a stream of their own."""

import io
from pathlib import Path
from typing import NamedTuple

from loader.csv_file import CHUNK

# Below this a part is not worth a COPY of its own.
SMALLEST = 8 << 20


class Span(NamedTuple):
    """Bytes of a file from `start` up to, not including, `end`."""

    start: int
    end: int


def cut(path: Path, size: int, longest: int, quote: str | None) -> list[Span]:
    """Cut a plain file into parts of about `longest` bytes, each of whole lines.

    One part when the file is short, or holds a quote somewhere: then a line end may be inside a field.
    """
    longest = max(longest, SMALLEST)
    if size <= longest or (quote and _holds(path, quote.encode())):
        return [Span(0, size)]
    ends = []
    with path.open("rb") as stream:
        for part in range(1, -(-size // longest)):
            stream.seek(part * longest)
            stream.readline()
            ends.append(min(stream.tell(), size))
    return [Span(start, end) for start, end in zip([0, *ends], [*ends, size], strict=True) if start < end]


def _holds(path: Path, mark: bytes) -> bool:
    with path.open("rb", buffering=0) as stream:
        while chunk := stream.read(CHUNK):
            if mark in chunk:
                return True
    return False


class SpanStream(io.RawIOBase):
    """The bytes of a span, read from the open file."""

    def __init__(self, packed: io.BufferedIOBase, span: Span) -> None:
        super().__init__()
        self._packed, self._left = packed, span.end - span.start
        packed.seek(span.start)

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, none at the end of the span."""
        chunk = self._packed.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(chunk)
        return chunk
