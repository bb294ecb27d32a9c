"""What a run says while it works: bars on a terminal, plain lines elsewhere; the steps go into the log too.

Where the log is spoken (`--log-format json`) its lines are all that is said.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import DEBUG, INFO, WARNING
from threading import Lock
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from loader import logs
from loader.watch.steps import Steps

PIPE_WIDTH = 240
# Where there is no terminal, a longer work says so often how far it is.
SECONDS_BETWEEN_LINES = 15.0
# dbt's `12 of 130 OK created ...` when something has ended, but not its hooks, which it counts for themselves.
_COUNTED = re.compile(r"\b(\d+) of (\d+) (?!START|OK hook)")


class Reporter:
    """Tells a person on standard output how far the work is, and the log what was done; errors go elsewhere.

    `steps` has what was done, for whoever keeps it.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, quiet=logs.is_spoken())
        self.steps = Steps()
        if not self.console.is_terminal:
            # Nothing says how wide a pipe is: lines are as long as they are.
            self.console.width = PIPE_WIDTH

    def say(self, text: str, level: int = DEBUG) -> None:
        """One line of news; `level` is what it is worth in the log."""
        self._print(text)
        logs.event("message", max(level, INFO) if logs.is_spoken() else level, message=text)

    def warn(self, text: str) -> None:
        """One line of news that should not be missed."""
        self.say(text, WARNING)

    @property
    def is_live(self) -> bool:
        """Whether there are bars: on a terminal, unless the log is all that is said."""
        return self.console.is_interactive and not self.console.quiet

    def _news(self, line: str, is_news: bool) -> None:
        if is_news:
            self._print(line)
            if logs.is_spoken():
                logs.event("message", step="dbt", message=line.strip())

    def _print(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)

    def show(self, table: Table) -> None:
        """A table, fitted into the terminal if there is one."""
        self.console.print(table)
        if logs.is_spoken():
            names = [str(column.header) for column in table.columns]
            cells = zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True)
            logs.event("table", title=table.title, table=[dict(zip(names, row, strict=True)) for row in cells])

    def copied(self, name: str, rows: int, seconds: float, size: int, rejected: int = 0) -> None:
        """A file has been copied; `size` is in bytes."""
        self._print(f"  {name}: {rows:,} rows in {seconds:.1f} s")
        self.steps.file_done(name, rows, size)
        logs.event("file copied", file=name, step="copy", rows=rows, seconds=seconds, bytes=size, rejected=rejected)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step that cannot be counted: a spinner on a terminal, a line in the log when it is done."""
        started = perf_counter()
        with self.steps.step("step", name):
            if self.is_live:
                with self.console.status(name[:1].upper() + name[1:]):
                    yield
            else:
                yield
        logs.event("step finished", step=name, seconds=perf_counter() - started)

    @contextmanager
    def counted_lines(self, title: str) -> Iterator[Callable[[str, bool], None]]:
        """Takes lines that count (`12 of 130 ...`) and whether they are news: a bar on a terminal, elsewhere the news."""
        if not self.is_live:
            yield self._news
            return
        columns = (
            TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
            TimeRemainingColumn(), _Usage(self.steps), TextColumn("{task.description}", markup=False),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task("", total=None)

            def show(line: str, is_news: bool) -> None:
                if found := _COUNTED.search(line):
                    news: dict[str, Any] = {"description": line[found.end():].rstrip(". ")} if is_news else {}
                    progress.update(task, completed=int(found[1]), total=int(found[2]), **news)

            yield show

    @contextmanager
    def bytes_bar(self, title: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar over `total` bytes, or a line now and then where there is no terminal; the function moves it on.

        Several threads may move it.
        """
        if self.is_live:
            columns = (
                TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
                TextColumn("left"), TimeRemainingColumn(), _Usage(self.steps),
            )
            with Progress(*columns, console=self.console, transient=True) as progress:
                task = progress.add_task(title, total=total)
                yield lambda count: progress.advance(task, count)
        else:
            yield _Lines(self, title, total).advance


class _Usage(ProgressColumn):
    """The rows of the run so far, and the memory that its processes take, as far as somebody samples it."""

    max_refresh = 0.5

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self._steps = steps

    def render(self, task: Task) -> Text:
        rows, memory = self._steps.rows, self._steps.memory
        return Text("  ".join([*([f"{rows:,} rows"] if rows else []), *([decimal(memory)] if memory else [])]))


class _Lines:
    """How far a work is, in lines with some time between them."""

    def __init__(self, reporter: Reporter, title: str, total: int) -> None:
        self._reporter, self._title, self._total = reporter, title, total
        self._done, self._started, self._lock = 0, perf_counter(), Lock()
        self._next = self._started + SECONDS_BETWEEN_LINES

    def advance(self, count: int) -> None:
        """So many bytes more are done."""
        with self._lock:
            self._done += count
            now = perf_counter()
            if now < self._next or self._done >= self._total:
                return
            self._next = now + SECONDS_BETWEEN_LINES
            speed = self._done / (now - self._started)
        left = f", {(self._total - self._done) / speed:.0f} s left" if speed else ""
        self._reporter.say(
            f"  {self._title}: {decimal(self._done)} of {decimal(self._total)}, {decimal(int(speed))}/s{left}"
        )
        logs.debug("progress", step="copy", seconds=now - self._started, bytes=self._done)


QUIET = Reporter(Console(quiet=True))
