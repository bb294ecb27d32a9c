"""What was found when the files of a load were looked at: their rows, and good copies of those that need one."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from loader.csv_file import CsvFile
from loader.load.copying import Cleaned, cleaned
from loader.load.lines import Lines
from loader.load.rejects import Rejects


@dataclass(frozen=True)
class Source:
    """A file on its way: the table's name, what is read, and under which name it goes into the ledger."""

    table: str
    file: CsvFile
    name: str


class Looked:
    """The sources of a load as they were found; good copies last as long as the context.

    With `lines` the engine itself looks, and refuses any value that is not spelled plainly; the files that it finds
    not to be plain, or does not take, are read record by record.
    """

    def __init__(self, sources: Sequence[Source], rejects: Rejects, lines: Lines | None = None) -> None:
        self.sources, self.rejects, self._lines = sources, rejects, lines
        self.found: dict[Path, Cleaned] = {}
        self._doubted: set[Path] = set()
        self._copies = ExitStack()

    def __enter__(self) -> "Looked":
        return self

    def __exit__(self, *error: object) -> None:
        self._copies.close()

    @property
    def by_engine(self) -> bool:
        """Whether the engine looks at the values itself while it copies them."""
        return self._lines is not None

    def look(self, stop: Event) -> None:
        """Look at every file that was not looked at yet; ends early when the rest does not matter any more."""
        plain = self._lines.plain if self._lines else {}
        for source in self.sources:
            path = source.file.path
            if path in self.found or stop.is_set():
                continue
            if path in plain and path not in self._doubted:
                self.found[path] = Cleaned(source.file, plain[path], 0)
            else:
                self.found[path] = self._copies.enter_context(cleaned(source.file, self.rejects))
            if self.rejects.hopeless:
                self.rejects.check(0)

    def doubt(self, path: Path) -> bool:
        """Have a file looked at record by record because the engine did not take it; whether that was not done yet."""
        if self._lines is None or path in self._doubted or path not in self._lines.plain:
            return False
        self._doubted.add(path)
        del self.found[path]
        return True
