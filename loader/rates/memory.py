"""The memory limit of a run: shared out before it begins, watched over the whole process tree while it lasts."""

import logging
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType

import psutil

from loader import logs
from loader.errors import BuildError, LoaderError
from loader.progress import Reporter

# The smallest limit under which a run was seen to come to its end, in MB.
SMALLEST = 416
# What this process, dbt and the parts of DuckDB that it does not count take beside DuckDB's share, in MB.
OTHERS = 335
SECONDS_BETWEEN_LOOKS = 0.5
WARNINGS = (70, 80)
MIB = 1 << 20
NOTHING_KEPT = "Nothing of this load was kept."
LOAD_KEPT = "What was loaded stays; the next run builds it."
ALL_KEPT = "The rates are built."


class MemoryLimitError(LoaderError):
    """The work does not fit under the limit."""


class BuildMemoryError(MemoryLimitError, BuildError):
    """The build does not fit under the limit; what was loaded stays."""

    exit_code = BuildError.exit_code


def share_for_duckdb(limit: int) -> int:
    """What DuckDB may take of a limit in MB; the rest is Python's, the parsers', dbt's, and what DuckDB does not count."""
    if limit < SMALLEST:
        raise MemoryLimitError(
            f"--memory-limit {limit}: too small to work under. The smallest limit that works is {SMALLEST} (MB)."
            " Nothing was changed."
        )
    return (limit - OTHERS) * 9 // 10


def larger_than(limit: int, peak: int = 0) -> str:
    """What to say about the limit that is needed where this one was not enough."""
    needed = max(limit * 3 // 2, peak * 5 // 4, SMALLEST)
    return f"The smallest limit for these files is likely {-(-needed // 128) * 128} MB"


class MemoryWatch:
    """Looks at the resident memory of this process and all below it all the time; ends the work that passes the limit.

    From then on every process below is ended and `stop` is called, from another thread, until the context ends, which
    raises MemoryLimitError. `outcome` says what is left of the work; whoever is about to keep something asks `check`.
    """

    def __init__(self, limit: int, reporter: Reporter) -> None:
        self.limit, self.peak = limit, 0
        self.passed = False
        self.stop: Callable[[], None] = lambda: None
        self.outcome = NOTHING_KEPT
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
            raise self._error(isinstance(error, BuildError)) from error

    def check(self) -> None:
        """MemoryLimitError when the limit was passed."""
        if self.passed:
            raise self._error(False)

    def _error(self, is_build: bool) -> MemoryLimitError:
        return (BuildMemoryError if is_build else MemoryLimitError)(
            f"The run took {self.peak:,} MB, and --memory-limit allows {self.limit:,}: it was ended."
            f" {larger_than(self.limit, self.peak)}. {self.outcome}"
        )

    def look(self) -> int:
        """The memory of the process tree now, in MB."""
        found = 0
        with suppress(psutil.NoSuchProcess):
            own = psutil.Process()
            for process in (own, *own.children(recursive=True)):
                with suppress(psutil.Error):
                    # Spark has a limit of its own (SYNTHEA_OMOP_SPARK_MEMORY), as a server of PostgreSQL has.
                    found += 0 if process.exe().endswith("/java") else process.memory_info().rss
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
            self.passed = self.passed or megabytes > self.limit
            if self.passed:
                end_children()
                self.stop()


def too_little(watch: MemoryWatch, said: str, is_build: bool) -> MemoryLimitError:
    """The error of a run in which DuckDB's share was used up."""
    return (BuildMemoryError if is_build else MemoryLimitError)(
        f"--memory-limit {watch.limit}: not enough memory for these files. {larger_than(watch.limit, watch.peak)}."
        f" {watch.outcome} What DuckDB says: {said}"
    )


def end_children() -> None:
    """End every process below this one."""
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()
