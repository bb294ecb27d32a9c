"""The log: one JSON object a line, in a file that is rotated, and on standard output where that is asked for.

Every line has time (UTC), level, event, batch, file, step, rows and seconds (null where they do not apply), and what
else there is to say: bytes, rejected, error. Passwords are masked.
"""

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from time import perf_counter
from typing import Any, TextIO
from urllib.parse import quote

LEVELS = ("debug", "info", "warning", "error")
# A full file becomes PATH.1, that one PATH.2, and so on; so many of them are kept beside the one that is written.
BYTES_A_FILE = 10_000_000
OLD_FILES = 5
ALWAYS = ("batch", "file", "step", "rows", "seconds")

_SECRETS = (
    (
        re.compile(r"""((?:password|passwd|pwd|secret|token)["']?\s*[=:]\s*)('[^']*'|"[^"]*"|[^\s'",;&]+)""", re.IGNORECASE),
        r"\1***",
    ),
    (re.compile(r"(\w://[^\s:/@]*:)[^\s@]+@"), r"\1***@"),
)
_logger = logging.getLogger("synthea_omop")
_logger.propagate = False
_logger.addHandler(logging.NullHandler())
# Whether the lines go to standard output too, in the place of what is said there to people.
_spoken = False
# What all lines have from now on. Not a context variable: the threads of a load write lines of its batch too.
_bound: dict[str, Any] = {}


def event(name: str, level: int = logging.INFO, **fields: Any) -> None:
    """Write a line, if there is a log. Seconds are rounded to milliseconds."""
    if _logger.isEnabledFor(level):
        _logger.log(level, name, extra={"fields": _bound | fields})


def debug(name: str, **fields: Any) -> None:
    """Write a line that only a log of level `debug` keeps."""
    event(name, logging.DEBUG, **fields)


def batch_started(batch_id: int, source: str, layout: str) -> None:
    """From now on the lines belong to this batch."""
    _bound["batch"] = batch_id
    event("batch started", source=source, layout=layout)


def batch_ended(outcome: str, **fields: Any) -> None:
    """Say how the batch ended, a failed one with the error under way. The lines that follow belong to no batch."""
    error = sys.exception()
    if outcome == "failed" and error is not None:
        event(f"batch {outcome}", logging.ERROR, **fields, error=_in_words(error))
    else:
        event(f"batch {outcome}", **fields)
    _bound.pop("batch", None)


@contextmanager
def kept(path: Path | None, level: str, spoken: bool = False) -> Iterator[None]:
    """Keep a log at `path`, and write it on standard output where it is `spoken`; nothing without either.

    OSError when the file cannot be written.
    """
    global _spoken  # noqa: PLW0603 - there is one standard output
    handlers: list[logging.Handler] = [_RotatingFile(path)] if path else []
    if spoken:
        handlers.append(logging.StreamHandler(sys.stdout))
        handlers[-1].setFormatter(_JsonLines())
    if not handlers:
        yield
        return
    for handler in handlers:
        _logger.addHandler(handler)
    _logger.setLevel(level.upper())
    _spoken = spoken
    try:
        yield
    finally:
        _spoken = False
        _logger.setLevel(logging.NOTSET)
        for handler in handlers:
            _logger.removeHandler(handler)
            # What a full disk did not take was said already.
            with suppress(OSError):
                handler.close()


def is_spoken() -> bool:
    """Whether standard output is for the log's lines and nothing else."""
    return _spoken


def line_of(level: str, name: str, **fields: Any) -> str:
    """A line as the log has them, for what ends where there is no log any more."""
    return _line(datetime.now(UTC), level, name, fields)


@contextmanager
def command(verb: str, **fields: Any) -> Iterator[None]:
    """Write that a command starts, and what it ended with."""
    started = perf_counter()
    try:
        event("command started", step=verb, **fields)
        yield
        event("command finished", step=verb, seconds=perf_counter() - started, exit_code=0)
    except BaseException as error:
        code = getattr(error, "exit_code", None)
        # What nobody foresaw, with the place where it happened.
        place = {} if code is not None else {"traceback": "".join(traceback.format_exception(error))}
        event(
            "command failed", logging.ERROR, step=verb, seconds=perf_counter() - started,
            exit_code=1 if code is None else code, error=_in_words(error), **place,
        )
        raise
    finally:
        _bound.clear()


def redacted(text: str) -> str:
    """The text without passwords: those of connection strings and the one in PGPASSWORD."""
    for pattern, masked in _SECRETS:
        text = pattern.sub(masked, text)
    password = os.environ.get("PGPASSWORD")
    for secret in {password, quote(password, safe="")} if password else ():
        text = text.replace(secret, "***")
    return text


def _in_words(error: BaseException) -> str:
    return str(error) or type(error).__name__


def without_secrets(value: Any) -> Any:
    """A field as it may be written: without passwords, and no more digits than somebody reads."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, os.PathLike):
        return redacted(os.fspath(value))
    return round(value, 3) if isinstance(value, float) else value


def _line(time: datetime, level: str, name: str, fields: Mapping[str, Any]) -> str:
    stamp = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line: dict[str, Any] = {"time": stamp, "level": level, "event": name}
    line |= dict.fromkeys(ALWAYS) | {field: without_secrets(value) for field, value in fields.items()}
    return json.dumps(line, default=str)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC)
        return _line(time, record.levelname.lower(), record.getMessage(), getattr(record, "fields", {}))


class _RotatingFile(RotatingFileHandler):
    """One file for the threads and the forked children of a command, and for other commands too."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(path, maxBytes=BYTES_A_FILE, backupCount=OLD_FILES, encoding="utf-8")
        self.setFormatter(_JsonLines())
        self._process = os.getpid()
        self._is_lost = False

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self.stream and self._was_moved(self.stream):
                self.stream.close()
                self.stream = self._open()
        except OSError:
            self.handleError(record)
        super().emit(record)

    def _was_moved(self, stream: TextIO) -> bool:
        """Whether another process has rotated the file, or somebody took it away."""
        try:
            return not os.path.samestat(os.fstat(stream.fileno()), Path(self.baseFilename).stat())
        except FileNotFoundError:
            return True

    def shouldRollover(self, record: logging.LogRecord) -> int:
        """Children write behind their parent, which alone rotates."""
        return os.getpid() == self._process and super().shouldRollover(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk stops the log, not the load; said once."""
        if not self._is_lost:
            self._is_lost = True
            print(f"The log {self.baseFilename} cannot be written: {sys.exception()}", file=sys.stderr)
