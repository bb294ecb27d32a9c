"""The lines of a few patients out of a large file, found without looking at the others."""

import mmap
from collections.abc import Sequence
from pathlib import Path

from loader.csv_file import CsvFile


def cut_blocks(file: CsvFile, target: Path, position: int, counts: Sequence[tuple[str, int]]) -> bool:
    """Write the header and the lines of some patients into `target`, in the order in which they are given.

    `counts` says how many lines have the patient's key in the field `position` (from 1). Synthea writes a patient's
    lines one after the other, and the patients in one order; where a file is not like that the answer is False and
    `target` is to be made by other means.
    """
    if file.compressed:
        return False
    field = position - 1
    with file.path.open("rb") as stream, target.open("wb") as out:
        out.write(stream.readline())
        start = stream.tell()
        if not counts:
            return True
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as text:
            for key, lines in counts:
                block = _block(text, start, key.encode(), field, lines)
                if block is None:
                    return False
                out.write(text[block.start : block.stop])
                start = block.stop
                if lines and not text[block.stop - 1 : block.stop] == b"\n":
                    out.write(b"\n")
    return True


def _block(text: mmap.mmap, start: int, key: bytes, field: int, lines: int) -> range | None:
    """The place of exactly so many lines on end from `start` on that have the key in the field."""
    while (found := text.find(key, start)) >= 0:
        begin = max(text.rfind(b"\n", start, found) + 1, start)
        end = _line_end(text, begin)
        if not _has_key(text[begin:end], key, field):
            start = end
            continue
        for _ in range(lines - 1):
            line = end
            end = _line_end(text, line)
            if not _has_key(text[line:end], key, field):
                return None
        return range(begin, end)
    return None


def _has_key(line: bytes, key: bytes, field: int) -> bool:
    return line.rstrip(b"\r\n").split(b",", field + 1)[field : field + 1] == [key]


def _line_end(text: mmap.mmap, start: int) -> int:
    """Behind the end of the line that begins at `start`."""
    return text.find(b"\n", start) + 1 or len(text)
