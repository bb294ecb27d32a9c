"""Publishing on DuckDB: load and build in a copy of the file, which takes the file's place when all of it is there.

Readers keep the file that they have open, and new ones meet the new file. Nobody else may write meanwhile: what they
wrote would be lost with the former file, so then nothing is published.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from types import TracebackType

import duckdb
from rich.filesize import decimal

from loader import logs
from loader.databases.base import Database
from loader.databases.duckdb import cannot_open
from loader.errors import BuildError, LoaderError
from loader.progress import Reporter
from loader.publish import Place
from loader.settings import Settings


class CopyOfFile(Place):
    """A copy in a folder of its own beside the file. It has the file's name: views know their database by it."""

    has_ledger = True

    def __init__(self, settings: Settings, reporter: Reporter) -> None:
        # Where the file is a link, what it leads to is replaced.
        self._target = settings.database.resolve()
        self._folder = self._target.with_name(f"{self._target.name}.next")
        self._was: tuple[int, ...] = ()
        self._opened = ExitStack()
        self._is_published = False
        super().__init__(replace(settings, database=self._folder / self._target.name), reporter)

    def __enter__(self) -> "CopyOfFile":
        with ExitStack() as opened:
            opened.enter_context(_alone_in(self._folder))
            self._copy()
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What was built and not published can be looked at until the next run.
        if error is None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._opened.close()

    def publish(self, database: Database, outcome: str) -> None:
        copy = self.settings.database
        # Closed, so that all of it is in the file and nothing in a log beside it.
        with duckdb.connect(str(copy)) as connection:
            connection.execute("checkpoint")
        if _state(self._target) != self._was:
            raise BuildError(
                f"{self._target} was changed by another process while its copy was built, so the copy was not published."
                " Run again when nobody else writes to it."
            )
        if self._was:
            shutil.copymode(self._target, copy)
        copy.replace(self._target)
        _write_folder(self._target.parent)
        self._is_published = True
        logs.event("published", step="publish")

    def left(self) -> str:
        if self._is_published:
            return ""
        was = "is as it was" if self._target.exists() else "is not there yet"
        text = f"Nothing was published, what was loaded neither: {self._target} {was}."
        if self.settings.database.exists():
            text += f" What there is of the new one lies in {self._folder} until the next run."
        return text

    def _copy(self) -> None:
        """Copy the file as it is when no process writes to it."""
        if not self._target.exists():
            return
        started = perf_counter()
        try:
            # A log beside the file is of a process that was killed: opened once, the file has all of it.
            with duckdb.connect(str(self._target), read_only=not _log_of(self._target).exists()):
                pass
        except duckdb.Error as error:
            raise LoaderError(cannot_open(self._target.as_posix(), error)) from error
        self._was = _state(self._target)
        size, free = self._target.stat().st_size, shutil.disk_usage(self._folder).free
        if size > free:
            raise LoaderError(
                f"--publish copies {self._target}, and {self._folder.parent} has room for {decimal(free)} where"
                f" {decimal(size)} are needed. Make room, or run without it."
            )
        try:
            shutil.copyfile(self._target, self.settings.database)
        except OSError as error:
            raise LoaderError(f"{self._target} cannot be copied into {self._folder}: {error.strerror}.") from error
        if _state(self._target) != self._was:
            raise LoaderError(f"{self._target} was changed by another process while it was copied. Run again.")
        logs.event("step finished", step="copy to publish", seconds=perf_counter() - started, bytes=size)


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _state(path: Path) -> tuple[int, ...]:
    """What changes when somebody writes to the file or replaces it; nothing where there is no file."""
    if not path.exists():
        return ()
    found, log = path.stat(), _log_of(path)
    return found.st_ino, found.st_size, found.st_mtime_ns, log.stat().st_size if log.exists() else 0


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """The folder, empty, and no other run in it. The lock goes with the process, whatever becomes of it."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise LoaderError(
                f"--publish builds in {folder}, which cannot be made: {error.strerror}. Give the right to write in"
                f" {folder.parent}, or name another file with --database."
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The run that was in it may have taken it away a moment ago.
            if folder.exists() and os.path.samestat(os.fstat(handle), folder.stat()):
                break
        except BlockingIOError as error:
            os.close(handle)
            raise LoaderError(
                f"Another synthea-omop run --publish is at work in {folder}. Wait for it or end it."
            ) from error
        os.close(handle)
    try:
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        yield
    finally:
        os.close(handle)


def _write_folder(folder: Path) -> None:
    """The new name is on the disk too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
