"""The memory limit of a run: shared out before it begins, watched over the whole process tree while it lasts."""

import logging
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType

import psutil

from loader import logs
from loader.errors import LoaderError
from loader.progress import Reporter

# The smallest limit under which a run was seen to come to its end, in MB.
SMALLEST = 384
SECONDS_BETWEEN_LOOKS = 1.0
WARNINGS = (70, 80)
MIB = 1 << 20


class MemoryLimitError(LoaderError):
    """The work does not fit under the limit."""


def share_for_duckdb(limit: int) -> int:
    """What DuckDB may take of a limit in MB: the rest is Python's, the parsers' and dbt's, and what DuckDB does not count."""
    if limit < SMALLEST:
        raise MemoryLimitError(
            f"--memory-limit {limit}: too small to work under. The smallest limit that works is {SMALLEST} (MB)."
            " Nothing was changed."
        )
    return limit * 3 // 4 - 150


def larger_than(limit: int, peak: int = 0) -> str:
    """What to say about the limit that is needed where this one was not enough."""
    needed = max(limit * 3 // 2, peak * 5 // 4, SMALLEST)
    return f"The smallest limit for these files is likely {-(-needed // 128) * 128} MB"


class MemoryWatch:
    """Looks at the resident memory of this process and all below it every second; ends the work that passes the limit.

    `stop` is called once, from another thread, when the limit is passed; the context's end raises MemoryLimitError then.
    """

    def __init__(self, limit: int, reporter: Reporter) -> None:
        self.limit, self.peak = limit, 0
        self.passed = False
        self.stop: Callable[[], None] = lambda: None
        self._reporter = reporter
        self._said = 0
        self._over = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if self.passed:
            raise MemoryLimitError(
                f"The run took {self.peak:,} MB, and --memory-limit allows {self.limit:,}: it was ended."
                f" {larger_than(self.limit, self.peak)}. What was published before is unchanged."
            ) from error

    def look(self) -> int:
        """The memory of the process tree now, in MB."""
        found = 0
        with suppress(psutil.NoSuchProcess):
            own = psutil.Process()
            for process in (own, *own.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    found += process.memory_info().rss
        megabytes = found // MIB
        self.peak = max(self.peak, megabytes)
        return megabytes

    def _watch(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            megabytes = self.look()
            share = 100 * megabytes // self.limit
            for percent in WARNINGS:
                if share >= percent > self._said:
                    self._said = percent
                    self._reporter.say(
                        f"Memory: {megabytes:,} MB are more than {percent} % of the {self.limit:,} MB allowed",
                        logging.WARNING,
                    )
            logs.debug("memory", step="memory", megabytes=megabytes, limit=self.limit)
            if megabytes > self.limit and not self.passed:
                self.passed = True
                end_children()
                self.stop()


def end_children() -> None:
    """End every process below this one."""
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()
