"""The Parquet files that are read: one folder a state, of which one at a time is the current one.

    snapshots/000007/raw_synthea/patients/person_bucket=3/000007-0.parquet
    current -> snapshots/000007

A new state is a new folder. Files of what did not change are linked into it, so their content, names and times stay;
readers see the new state when `current` is renamed over, in one step.
"""

import os
import re
import shutil
from collections.abc import Collection
from pathlib import Path

CURRENT = "current"
# A file without rows: whoever reads a table finds its columns, whatever rows it has. It stays in every state.
COLUMNS = "columns.parquet"
_VERSION = re.compile(r"\d{6,}")
# The state before the current one stays for readers who are still at it.
KEPT = 2


class Snapshots:
    """The states in a warehouse folder. Nothing here knows what is in the files."""

    def __init__(self, warehouse: Path) -> None:
        self._folder, self._current = warehouse / "snapshots", warehouse / CURRENT

    def folder(self, version: int) -> Path:
        """The folder of a state."""
        return self._folder / f"{version:06d}"

    @property
    def current(self) -> int:
        """The state that readers see; 0 before the first one."""
        return int(self._current.resolve().name) if self._current.is_symlink() else 0

    def begin(self, version: int) -> Path:
        """An empty folder for a state on its way; what a killed process has left in it goes."""
        folder = self.folder(version)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def keep(self, version: int, former: int, table: str, but_for: Collection[str] = ()) -> None:
        """Take over the files of a table from a former state, but for some of its folders."""
        self.take(version, table, self.folder(former) / table, but_for)

    def take(self, version: int, table: str, source: Path, but_for: Collection[str] = ()) -> None:
        """Take over the files of a table from any folder. What begins with a dot or a dash is not finished."""
        target = self.folder(version) / table
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted(source.rglob("*.parquet")):
            place = path.relative_to(source)
            if any(part.startswith((".", "_")) for part in place.parts):
                continue
            if place.parts[0] not in but_for or path.name == COLUMNS:
                (target / place).parent.mkdir(parents=True, exist_ok=True)
                _link(path, target / place)

    def settle(self) -> None:
        """Wait until the disk has what was written: the ledger that speaks of it must not be ahead."""
        # One call for thousands of files, which one by one would take longer than writing them.
        os.sync()

    def show(self, version: int) -> None:
        """Let readers see a state; states that nobody needs go."""
        link = self._current.with_name(f".{CURRENT}.{os.getpid()}")
        link.unlink(missing_ok=True)
        link.symlink_to(Path(self._folder.name) / f"{version:06d}", target_is_directory=True)
        link.replace(self._current)
        self.tidy(version)

    def tidy(self, version: int) -> None:
        """Take away every state but this one and those shortly before it."""
        states = [path for path in self._folder.glob("*") if _VERSION.fullmatch(path.name)]
        kept = sorted(number for path in states if (number := int(path.name)) <= version)[-KEPT:]
        for path in states:
            if int(path.name) not in kept:
                shutil.rmtree(path, ignore_errors=True)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        # A file system without links: the same content and times, at the cost of a copy.
        shutil.copy2(source, target)
