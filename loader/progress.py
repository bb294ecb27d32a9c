"""What a run says while it works: bars on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 240


class Reporter:
    """Tells a person on standard output how far the work is; errors go elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        if not self.console.is_terminal:
            # Nothing says how wide a pipe is: lines are as long as they are.
            self.console.width = PIPE_WIDTH

    def say(self, text: str) -> None:
        """One line of news."""
        self.console.print(text, markup=False, soft_wrap=True)

    def show(self, table: Table) -> None:
        """A table, fitted into the terminal if there is one."""
        self.console.print(table)

    @contextmanager
    def spinner(self, title: str) -> Iterator[Callable[[str], None]]:
        """Shows the latest line of a longer work in place on a terminal, every line elsewhere."""
        if not self.console.is_terminal:
            yield self.say
            return
        with self.console.status(title) as status:
            yield lambda line: status.update(Text(line))

    @contextmanager
    def bytes_bar(self, title: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar over `total` bytes; the function given moves it on. Shows nothing where there is no terminal."""
        if not self.console.is_terminal:
            yield lambda count: None
            return
        columns = (
            TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(title, total=total)
            yield lambda count: progress.advance(task, count)


QUIET = Reporter(Console(quiet=True))
