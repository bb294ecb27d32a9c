"""What DuckDB's readers make of a file, as a stream of CSV for an engine that cannot read the file itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, BinaryIO

import duckdb


class Answer:
    """The rows of a query as CSV: NULL is nothing, the empty text is `""`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        reading, self._writing = os.pipe()
        self.stream: BinaryIO = os.fdopen(reading, "rb", buffering=0)
        self._connection, self._query = connection, query
        self._error: duckdb.Error | None = None
        self._writer = Thread(target=self._write, daemon=True)
        self._writer.start()

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Another query in the same session, once the stream has come to its end."""
        self.finish()
        return self._connection.execute(sql).fetchall()

    def finish(self) -> None:
        """Wait for the writer's end, and raise what it ended with."""
        self.abandon()
        if self._error:
            raise self._error

    def abandon(self) -> None:
        """Read no further: a writer without a reader ends by itself."""
        self.stream.close()
        self._writer.join()

    def _write(self) -> None:
        try:
            self._connection.execute(
                f"copy ({self._query}) to '/dev/fd/{self._writing}' (format csv, header false, use_tmp_file false)"
            )
        except duckdb.Error as error:
            self._error = error
        finally:
            os.close(self._writing)


def reading_session(memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB that does nothing but read files: in any order, and without a bar on somebody's screen."""
    connection = duckdb.connect(config={"memory_limit": memory_limit, "preserve_insertion_order": "false"})
    connection.execute("set enable_progress_bar = false")
    return connection


@contextmanager
def answered(query: str, memory_limit: str) -> Iterator[Answer]:
    """The answer of a DuckDB of its own; its error, if any, comes at the end, unless there was another one before."""
    with reading_session(memory_limit) as connection:
        answer = Answer(connection, query)
        try:
            yield answer
        except BaseException:
            answer.abandon()
            raise
        answer.finish()
