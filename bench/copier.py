"""Makes a large Synthea export out of a small one: every patient N times, with ids of its own each time.

`python -m bench.copier SRC OUT --copies N`. Organizations, providers and payers stay as they are. Copy 0 is the
source itself. In a later copy every other uuid has its first eight digits replaced by eight that no id of the source
begins with, and the counters of claims_transactions have the copy's number put in front of them, so they stay unique
and in order inside a claim.
"""

import argparse
import csv
import gzip
import io
import re
import time
from collections.abc import Callable, Iterator
from itertools import chain, count, islice
from pathlib import Path
from typing import BinaryIO

SHARED_FILES = ("organizations", "providers", "payers")
# Numbers that count through a whole run of Synthea.
COUNTERS = {"claims_transactions": ("CHARGEID", "TRANSFEROUTID")}
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# Bytes that no export holds stand in a template for what differs from copy to copy.
ID_MARK = bytes(range(1, 9))
COUNTER_MARK = b"\x0e"
# An odd factor spreads the copies over all ids, so that sorted ids do not lie in the order of the file.
SPREAD = 2_654_435_761
MOST_COPIES = 100_000
# A file is copied in parts of this size; several times as much is in memory.
PART_BYTES = 32 << 20


def copy_export(source: Path, out: Path, copies: int) -> int:
    """Writes `copies` times the patients of `source` to the new folder `out`; the bytes written.

    Reads .csv and .csv.gz, writes .csv. Raises ValueError for fewer than 1 and more than 100,000 copies, and
    FileExistsError when `out` exists.
    """
    if not 1 <= copies <= MOST_COPIES:
        raise ValueError(f"copies must be between 1 and {MOST_COPIES:,}, not {copies:,}")
    files = {path.name.removesuffix(".gz").removesuffix(".csv"): path for path in sorted(source.glob("*.csv*"))}
    shared_ids = {found for name in SHARED_FILES if name in files for found in _ids(files[name])}
    beginnings = {found[: len(ID_MARK)] for path in files.values() for found in _ids(path)}
    digits = list(islice(_unused(beginnings), copies - 1))
    out.mkdir(parents=True)
    for name, path in files.items():
        with _opened(path) as rows, (out / f"{name}.csv").open("wb") as target:
            target.write(header := rows.readline())
            if name in SHARED_FILES:
                target.writelines(rows)
                continue
            numbered = _with_marked_counters(name, header)
            for part in _parts(rows):
                target.write(part)
                _write_copies(target, _with_marked_ids(numbered(part), shared_ids), digits)
    return sum(path.stat().st_size for path in out.iterdir())


def _write_copies(target: BinaryIO, template: bytes, digits: list[bytes]) -> None:
    target.writelines(
        template.replace(ID_MARK, beginning).replace(COUNTER_MARK, b"%d" % copy) for copy, beginning in enumerate(digits, start=1)
    )


def _unused(beginnings: set[bytes]) -> Iterator[bytes]:
    """Eight hexadecimal digits a copy, none of them those of an id that is there already."""
    candidates = (b"%08x" % (number * SPREAD % (1 << 32)) for number in count(1))
    return (candidate for candidate in candidates if candidate not in beginnings)


def _with_marked_ids(part: bytes, shared_ids: set[bytes]) -> bytes:
    return UUID.sub(lambda found: found[0] if found[0] in shared_ids else ID_MARK + found[0][len(ID_MARK) :], part)


def _with_marked_counters(name: str, header: bytes) -> Callable[[bytes], bytes]:
    """What puts a mark before the counters of a part of a file, and zeros that make them equally long."""
    columns = header.decode().strip().split(",")
    places = [columns.index(counter) for counter in COUNTERS.get(name, ()) if counter in columns]
    if not places:
        return lambda part: part

    def numbered(part: bytes) -> bytes:
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\r\n" if header.endswith(b"\r\n") else "\n")
        for row in csv.reader(io.StringIO(part.decode(), newline="")):
            for place in places:
                if row[place]:
                    row[place] = COUNTER_MARK.decode() + row[place].zfill(10)
            writer.writerow(row)
        return written.getvalue().encode()

    return numbered


def _parts(rows: BinaryIO) -> Iterator[bytes]:
    """The rest of a file in parts of whole lines; Synthea writes no line breaks inside a field."""
    while part := rows.readlines(PART_BYTES):
        if not part[-1].endswith(b"\n"):
            part.append(b"\n")
        yield b"".join(part)


def _ids(path: Path) -> Iterator[bytes]:
    with _opened(path) as rows:
        yield from chain.from_iterable(map(UUID.findall, rows))


def _opened(path: Path) -> BinaryIO:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.copier", description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="folder of a Synthea export")
    parser.add_argument("out", type=Path, help="folder to make")
    parser.add_argument("--copies", type=int, required=True, help="how many times the patients are written")
    arguments = parser.parse_args()
    started = time.monotonic()
    size = copy_export(arguments.source, arguments.out, arguments.copies)
    print(f"{size / 1e6:,.0f} MB in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
