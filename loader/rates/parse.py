"""Parses one JSON file into spooled rows, as a process of its own: `python -m loader.rates.parse FILE FOLDER ID ROWS`.

A process a file keeps a core busy each, and its memory is its own. It tells its parent what it has, one JSON object a
line: `{"chunk": TABLE, "path": ..., "rows": ...}`, `{"bytes": ...}` read from disk, at the end `{"done": ...}` or
`{"error": ...}`. For each chunk that the parent has taken it writes back a line; without those the parser waits.
"""

import gc
import gzip
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

import ijson.backends.yajl2_c as ijson
from ijson.common import JSONError

from loader.rates.spool import Spool
from loader.rates.tables import RATES_TABLES
from loader.rates.unfolding import Unfolding

BLOCK = 1 << 16
BYTES_BETWEEN_NEWS = 8 << 20
# So many chunks lie on disk at most before the parser waits.
CHUNKS_AHEAD = 8
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ROOT_TEXTS = tuple(column.name for column in RATES_TABLES["json_file"] if column.name != "file_id")


class Unreadable(Exception):
    """A file that cannot be taken in as a whole."""


@dataclass(frozen=True)
class Parsed:
    """What a file was: its root attributes, and the rows by table."""

    root: dict[str, str | None]
    kind: str
    counts: dict[str, int]


def parse(path: Path, spool: Spool, on_bytes: Callable[[int], None] = lambda _: None) -> Parsed:
    """Spool the rows of a file; Unreadable when it is cut off, damaged or no such file at all."""
    roots: list[dict[str, Any]] = []

    def new_object() -> dict[str, Any]:
        made: dict[str, Any] = {}
        if not roots:
            roots.append(made)
        return made

    unfolding = Unfolding(spool)
    read = 0

    class Source:
        """The file as the parser reads it: before each block, what is finished of the former ones is taken out."""

        @staticmethod
        def read(size: int = -1) -> bytes:
            nonlocal read
            if not size:
                return b""
            if roots:
                unfolding.take(roots[0])
            block = next(blocks, b"")
            if not read:
                block = block.removeprefix(BYTE_ORDER_MARK)
                if block.lstrip()[:1] not in (b"{", b""):
                    raise Unreadable("does not begin with an object")
            read += len(block)
            return block

    try:
        # Unpacked here and not in a thread beside: the other core copies, and both would wait for the interpreter.
        blocks = _read(path, on_bytes)
        finished = list(ijson.items(Source, "", map_type=new_object, buf_size=BLOCK))
    except (JSONError, UnicodeDecodeError) as error:
        if not read:
            raise Unreadable("is empty") from error
        text = " ".join(str(error).split())
        raise Unreadable(f"is no whole JSON text: {text}, within the {BLOCK:,} bytes before byte {read:,}") from error
    except (OSError, EOFError, BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise Unreadable(f"cannot be read to its end ({error})") from error
    assert len(finished) == 1
    root = roots[0]
    kind = _kind(root)
    unfolding.take(root, final=True)
    return Parsed(_root_texts(root, spool), kind, spool.counts)


def _kind(root: dict[str, Any]) -> str:
    if "in_network" in root:
        return "in-network json"
    if "reporting_structure" in root:
        raise Unreadable("is a table of contents: it names the files with rates, give one of those")
    if "out_of_network" in root:
        raise Unreadable("is a file of allowed amounts, not of negotiated rates")
    if "provider_groups" in root or "provider_references" in root:
        return "provider reference json"
    raise Unreadable("has neither in_network nor provider_groups: it is no file of negotiated rates")


def _root_texts(root: dict[str, Any], spool: Spool) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in ROOT_TEXTS:
        value = root.get(name)
        if isinstance(value, dict | list):
            spool.reject(0, name, name, value, "a text was expected", {name: value})
            value = None
        found[name] = None if value is None else str(value).replace("\0", "\\x00") or None
    return found


def _read(path: Path, on_bytes: Callable[[int], None]) -> Iterator[bytes]:
    told = 0
    with path.open("rb") as raw, opened(path, raw) as stream:
        while block := stream.read(BLOCK):
            yield block
            on_bytes(raw.tell() - told)
            told = raw.tell()


@contextmanager
def opened(path: Path, raw: BinaryIO) -> Iterator[Any]:
    name = path.name.lower()
    if name.endswith(".zip"):
        with ZipFile(raw) as archive:
            names = [one for one in archive.namelist() if one.lower().endswith(".json") and "__MACOSX" not in one]
            if len(names) != 1:
                raise Unreadable(f"holds {len(names)} .json files: unpack it, and give the files")
            with archive.open(names[0]) as stream:
                yield stream
    elif name.endswith(".gz"):
        yield gzip.GzipFile(fileobj=raw)
    else:
        yield raw


def main() -> None:
    """The process's side of the talk with its parent."""
    path, folder, file_id, rows_a_chunk = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    # Nothing here refers to itself: looking for such rubbish costs time and finds none.
    gc.disable()
    waiting = unsaid = 0
    speaking = Lock()

    def tell(**news: Any) -> None:
        with speaking:
            sys.stdout.write(json.dumps(news) + "\n")
            sys.stdout.flush()

    def hand_over(table: str, chunk: Path, rows: int) -> None:
        nonlocal waiting
        tell(chunk=table, path=str(chunk), rows=rows)
        waiting += 1
        while waiting >= CHUNKS_AHEAD:
            if not sys.stdin.readline():
                raise SystemExit(1)
            waiting -= 1

    def on_bytes(count: int) -> None:
        nonlocal unsaid
        unsaid += count
        if unsaid >= BYTES_BETWEEN_NEWS:
            tell(bytes=unsaid)
            unsaid = 0

    spool = Spool(folder, file_id, hand_over, rows_a_chunk)
    try:
        parsed = parse(path, spool, on_bytes)
        spool.close()
    except Unreadable as error:
        tell(error=str(error))
        return
    tell(done=vars(parsed))


if __name__ == "__main__":
    main()
