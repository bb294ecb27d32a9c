"""Every file of an export into its table: one after the other where the engine uses all cores by itself, else side by
side over the workers' sessions, the largest file in ranges.

The rows are looked at while the engine copies them. Nearly always every line is plain; a file with others is copied
again without them, and the whole load with it, because no engine can take back a part of one file alone.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from time import perf_counter
from typing import Any, TypeVar

from loader import logs
from loader.csv_file import CsvFile
from loader.databases.base import Database, OnBytes
from loader.databases.ranges import Span, cut
from loader.databases.tables import Table
from loader.errors import LoaderError
from loader.load.looked import Looked, Source
from loader.progress import Reporter

Taken = TypeVar("Taken")

# So many parts a worker, so that none waits long for the last one.
PARTS_A_WORKER = 4


class CopyAgain(Exception):
    """Some file has to be copied from its good rows: the load begins anew."""


@dataclass
class Copied:
    """What one file gave: rows, and the seconds of all its parts, which may run side by side, in sum."""

    read: CsvFile
    rows: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class _Part:
    source: Source
    bytes: int
    span: Span | None = None


class Copying:
    """The copies of one attempt. `tables` are the targets by name; the workers' transactions stay open."""

    def __init__(
        self, database: Database, workers: Sequence[Database], tables: Mapping[str, str], batch_id: int,
        looked: Looked, reporter: Reporter,
    ) -> None:
        self._database, self._workers, self._tables = database, workers, tables
        self._batch_id, self._looked, self._reporter = batch_id, looked, reporter
        self._copied = {source.file.path: Copied(self._file(source)) for source in looked.sources}
        self._failures: dict[Path, LoaderError] = {}
        self._lock = Lock()

    def run(self) -> dict[Path, Copied]:
        """Copy all sources; CopyAgain when what was copied is not what should have been."""
        sources, stop, started = self._looked.sources, Event(), perf_counter()
        # The main session writes the ledger in the transaction in which it sees the patients.
        beside = [source for source in sources if self._workers and source.table != "patients"]
        own = [source for source in sources if source not in beside]
        parts = self._parts(beside)
        size = sum(self._copied[source.file.path].read.path.stat().st_size for source in sources)
        with (
            self._reporter.bytes_bar("Copying", size) as advance,
            ThreadPoolExecutor(len(self._workers) + 1) as pool,
        ):
            done = [pool.submit(self._looked.look, stop)]
            done += [pool.submit(self._work, worker, parts, advance) for worker in self._workers]
            # Who finds that the load cannot succeed any more ends it for all.
            done[0].add_done_callback(lambda looked: parts.clear() if looked.exception() else None)
            try:
                for source in own:
                    if done[0].done():
                        done[0].result()
                    self._copy_part(self._database, _Part(source, 0), advance)
                for future in done:
                    future.result()
            except BaseException:
                stop.set()
                parts.clear()
                raise
        self._compare()
        rows = sum(copied.rows for copied in self._copied.values())
        logs.event("step finished", step="copy", rows=rows, seconds=perf_counter() - started, bytes=size)
        return self._copied

    def commit(self) -> None:
        """End the workers' transactions."""
        for worker in self._workers:
            worker.execute("commit")

    def _file(self, source: Source) -> CsvFile:
        """What is read: the good copy if there is one already, else the file itself."""
        found = self._looked.found.get(source.file.path)
        return found.csv if found else source.file

    def _compare(self) -> None:
        """Whether exactly the good rows arrived."""
        self._looked.look(Event())
        # All of them are asked: whoever is asked leaves a file to the engine no more.
        doubted = [self._looked.doubt(path) for path in self._failures]
        if any(doubted):
            self._looked.look(Event())
            raise CopyAgain
        # After a failure the copies stop, so the other files say nothing.
        if any(found.csv.path != self._copied[path].read.path for path, found in self._looked.found.items()):
            raise CopyAgain
        for failure in self._failures.values():
            raise failure
        for source in self._looked.sources:
            path = source.file.path
            copied, found = self._copied[path], self._looked.found[path]
            if copied.rows != found.rows:
                raise LoaderError(
                    f"{source.file.named}: {found.rows:,} rows were read and {copied.rows:,} arrived in the"
                    f" {self._database.place}."
                    " Nothing of this load was kept. Was the file changed meanwhile?"
                )

    def _parts(self, sources: Sequence[Source]) -> deque[_Part]:
        """The largest first."""
        files = {source.file.path: self._file(source) for source in sources}
        sizes = {path: file.path.stat().st_size for path, file in files.items()}
        longest = sum(sizes.values()) // (PARTS_A_WORKER * len(self._workers) or 1)
        parts = []
        for source in sources:
            path = source.file.path
            file = files[path]
            spans = [] if file.compressed else cut(file.path, sizes[path], longest, file.quote)
            if len(spans) > 1:
                parts += [_Part(source, span.end - span.start, span) for span in spans]
            else:
                parts.append(_Part(source, sizes[path]))
        return deque(sorted(parts, key=lambda part: part.bytes, reverse=True))

    def _work(self, worker: Database, parts: deque[_Part], advance: OnBytes) -> None:
        worker.execute("begin")
        while (part := _taken(parts)) and not self._failures:
            self._copy_part(worker, part, advance)

    def _copy_part(self, session: Database, part: _Part, advance: OnBytes) -> None:
        path, started = part.source.file.path, perf_counter()
        file = self._copied[path].read
        found = self._looked.found.get(path)
        if self._failures or not file.columns or (found and not found.rows):
            return
        lineage: dict[str, str | int] = {"batch_id": self._batch_id, "file_name": part.source.name}
        options: dict[str, Any] = {"span": part.span} if part.span else {}
        if file is part.source.file and self._looked.is_left_to_engine(path):
            options["strictly"] = True
        try:
            with self._reporter.steps.part_of_file(part.source.name) as step:
                rows = session.copy(file, self._tables[part.source.table], lineage, advance, **options)
                step.rows = (step.rows or 0) + rows
        except LoaderError as error:
            self._failures[path] = error
            return
        seconds = perf_counter() - started
        size = part.bytes or file.path.stat().st_size
        logs.debug("part copied", file=part.source.name, step="copy", rows=rows, seconds=seconds, bytes=size)
        with self._lock:
            self._copied[path].rows += rows
            self._copied[path].seconds += seconds


def settle(database: Database, workers: Sequence[Database], tables: Sequence[Table]) -> None:
    """Make indexes and statistics of these tables, side by side where there are workers."""
    left = deque(tables)

    def work(session: Database) -> None:
        while table := _taken(left):
            session.finish(table)

    with ThreadPoolExecutor(max(len(workers), 1)) as pool:
        for done in [pool.submit(work, session) for session in workers or [database]]:
            done.result()


def _taken(left: deque[Taken]) -> Taken | None:
    """The next one, for whoever asks first."""
    try:
        return left.popleft()
    except IndexError:
        return None
