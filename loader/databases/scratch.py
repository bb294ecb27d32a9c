"""DuckDB as a tool for going through files, whatever the target is: it lasts as long as one piece of work."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import duckdb

from loader.errors import LoaderError
from loader.folders import TemporaryFolder


class Scratch:
    """Sessions of one DuckDB, and a database `scratch` in memory that all of them see."""

    # The types in quotes: kept by a class they would outlive DuckDB's module, which complains at the end of Python.
    def __init__(self, connection: "duckdb.DuckDBPyConnection") -> None:
        self._connection = connection
        self._running: set[duckdb.DuckDBPyConnection] = set()
        self._is_stopped = False

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        try:
            return self._connection.execute(sql).fetchall()
        except duckdb.Error as error:
            raise _failed(error) from error

    def side_by_side(self, statements: Sequence[str]) -> list[list[Any] | LoaderError]:
        """Run statements that do not depend on each other, two at a time; the rows of each, or its error.

        A reader of one file seldom keeps both cores busy.
        """

        def run(statement: str) -> list[Any] | LoaderError:
            with self._connection.cursor() as session:
                self._running.add(session)
                try:
                    # Asked after the session is among those that `stop` finds.
                    return session.execute(statement if not self._is_stopped else "select").fetchall()
                except duckdb.Error as error:
                    return _failed(error)
                finally:
                    self._running.discard(session)

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(run, statements))

    def stop(self) -> None:
        """End what runs side by side: nobody waits for it any more."""
        self._is_stopped = True
        for session in list(self._running):
            with suppress(duckdb.Error):
                session.interrupt()


def _failed(error: duckdb.Error) -> LoaderError:
    reason = " ".join(str(error).split())
    return LoaderError(
        f"The lines of the files cannot be gone through: {reason} More room may help: --memory-limit, or TMPDIR on a"
        " larger disk. Nothing of this load was kept."
    )


@contextmanager
def scratch_within(connection: "duckdb.DuckDBPyConnection") -> Iterator[Scratch]:
    """Sessions beside this one in the same DuckDB, so that they share its memory and its cores."""
    with connection.cursor() as session:
        session.execute("attach ':memory:' as scratch")
        try:
            yield Scratch(session)
        finally:
            session.execute("detach scratch")


@contextmanager
def scratch_in_memory(memory_limit: str) -> Iterator[Scratch]:
    """A DuckDB of its own; what does not fit into its memory goes into a temporary directory."""
    with TemporaryFolder("scratch") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit, "temp_directory": folder, "preserve_insertion_order": "false",
        }
        with duckdb.connect(":memory:", config=config) as connection, scratch_within(connection) as scratch:
            yield scratch
