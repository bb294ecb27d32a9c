"""A run from its first moment to its row in the ledger, whether it succeeds or not."""

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import current_thread, main_thread
from time import perf_counter
from types import FrameType
from typing import Any

import click
import psycopg2
from rich.filesize import decimal

from loader import logs
from loader.databases import open_database, place_of
from loader.databases.base import Database
from loader.errors import LOAD_STAYS, BuildError, LoaderError
from loader.progress import Reporter
from loader.settings import Settings
from loader.watch.alerts import Alerts, Webhook
from loader.watch.dbt_lines import Built
from loader.watch.history import is_kept, last_ids, measure_tables, usual_seconds, work_after, write_run
from loader.watch.sampling import Sampler, Server
from loader.watch.steps import STAGE, Step

OUTCOMES = {0: "done", 1: "load failed", 2: "usage", 3: "build failed", 4: "tests failed"}
UNCHANGED, INTERRUPTED = "unchanged", "interrupted"
SECONDS_TO_CONNECT = 3
STDOUT = Path("-")
ENDED = f"The run was ended by a signal. {LOAD_STAYS}"


@dataclass(frozen=True)
class Watching:
    """What the user wants to hear of a run: a file with its summary, and which steps are slow."""

    summary: Path | None = None
    factor: float = 3.0
    after: float | None = None
    url: str | None = None


class Watch:
    """One run. Its stages are steps of their own; what lies in them is told by the reporter."""

    def __init__(self, settings: Settings, verb: str, reporter: Reporter, watching: Watching) -> None:
        self._settings, self._verb, self._reporter, self._watching = settings, verb, reporter, watching
        self.steps = reporter.steps
        self._started, self._started_at = perf_counter(), datetime.now(UTC).replace(tzinfo=None)
        self._alerts = Alerts(watching.factor, watching.after, self._tell)
        self._webhook = Webhook(watching.url, reporter.warn) if watching.url else None
        self._sampler = Sampler(self.steps, self._alerts.look)
        self._last_ids: tuple[int, int] | None = None
        self._is_for_readers_only, self._kept = False, dict[str, Any]()
        self._outcome, self._exit_code, self._error = OUTCOMES[0], 0, ""
        self.built = Built()

    def found(self, database: Database) -> None:
        """The database is there: what its last runs took is what this one is held against."""
        self._last_ids = last_ids(database)
        self._alerts.usual = usual_seconds(database)
        if database.name == "postgres":
            self._sampler.server = Server()
            self._sampler.look()

    @contextmanager
    def stage(self, name: str) -> Iterator[Step]:
        """One of the parts that a run consists of. The sample at its end keeps what it used from the next one."""
        with self.steps.step(STAGE, name) as step:
            try:
                yield step
            finally:
                self._sampler.look()

    def leave_to_readers(self) -> None:
        """Readers have the database open from here to the end: what is to be in its ledger is given to `keep_in`."""
        self._is_for_readers_only = True

    def keep_in(self, settings: Settings) -> None:
        """Write the run into the ledger of what is about to be published, so that nobody has to write there afterwards."""
        with open_database(settings) as database:
            self._kept = self._written(database, self._columns())

    def unchanged(self) -> None:
        """There was nothing to do."""
        self._outcome = UNCHANGED

    def run(self) -> Sampler:
        """As long as this context lasts the run is sampled."""
        return self._sampler

    def failed(self, error: BaseException) -> None:
        """The run ends with this error."""
        code = getattr(error, "exit_code", 1)
        self._exit_code = code if isinstance(code, int) else 1
        is_stopped = isinstance(error, KeyboardInterrupt | StoppedError)
        self._outcome = INTERRUPTED if is_stopped else OUTCOMES.get(self._exit_code, OUTCOMES[1])
        self._error = logs.redacted(str(error) or type(error).__name__)
        if self._webhook:
            self._webhook.post(self._news(
                f"synthea-omop {self._verb}: {self._outcome}. {self._error.partition(chr(10))[0]}",
                {"event": "run failed", "outcome": self._outcome, "exit_code": self._exit_code, "error": self._error},
            ))

    def keep(self) -> None:
        """Write the run into the ledger, as far as the database can be reached, and the summary."""
        self.steps.close()
        run = self._columns()
        if self._kept:
            run |= self._kept
        elif self._outcome != UNCHANGED and not self._is_for_readers_only:
            try:
                run |= self._write(run)
            except (LoaderError, psycopg2.Error, OSError) as error:
                # A database that stopped the run cannot be written to either: said once.
                if (text := logs.redacted(str(error))) not in self._error:
                    self._reporter.warn(f"This run is not in etl.run: {text}")
        logs.event(
            "run ended", step=self._verb, rows=run["rows_built"], seconds=run["seconds"], outcome=self._outcome,
            exit_code=self._exit_code, run=run["run_id"], peak_memory=run["peak_memory"], alerts=run["alerts"],
        )
        self._summarise(run)
        if self._webhook:
            self._webhook.close()

    def _columns(self) -> dict[str, Any]:
        """The run as it stands, as a row of etl.run; what only the ledger knows is left open."""
        return {
            "run_id": None, "batch_id": None, "build_id": None, "rows_loaded": None, "rows_built": None,
            "verb": self._verb, "started_at": self._started_at, "finished_at": datetime.now(UTC).replace(tzinfo=None),
            "outcome": self._outcome, "exit_code": self._exit_code, "error": self._error or None,
            "builds": self.built.builds, "seconds": round(perf_counter() - self._started, 3),
            "peak_memory": self.steps.peak_memory, "alerts": self._alerts.count,
            **{name: round(value, 3) if name == "lock_wait_seconds" else round(value)
               for name, value in self.steps.used.items()},
        }

    def _write(self, run: Mapping[str, Any]) -> dict[str, Any]:
        if not self._is_there():
            return {}
        with open_database(self._settings) as database:
            return self._written(database, run)

    def _written(self, database: Database, run: Mapping[str, Any]) -> dict[str, Any]:
        """What the ledger made of the run, after it was written there with the steps that have come to their end."""
        work = work_after(database, *self._last_ids) if self._last_ids else {}
        measure_tables(database, self.built.tables)
        columns = {name: value for name, value in run.items() if name != "run_id"} | work
        return {"run_id": write_run(database, columns, [step for step in self.steps.all if step.ended])} | work

    def _is_there(self) -> bool:
        """Whether there is a database to write to: a failed run makes none, and waits for none."""
        if self._settings.target == "postgres":
            with suppress(psycopg2.Error):
                psycopg2.connect(connect_timeout=SECONDS_TO_CONNECT).close()
                if self._last_ids:
                    return True
                with suppress(LoaderError), open_database(self._settings, only_look=True) as database:
                    return is_kept(database) and not database.is_loading()
            return False
        return bool(self._last_ids) or place_of(self._settings).exists()

    def _summarise(self, run: Mapping[str, Any]) -> None:
        if not self._watching.summary:
            return
        stages = {step.name: round(step.seconds, 3) for step in self.steps.all if step.kind == STAGE}
        summary = json.dumps({"steps": stages} | dict(run), default=_as_json)
        if self._watching.summary == STDOUT:
            # Behind what the command says and logs until its very end.
            context = click.get_current_context()
            context.call_on_close(lambda: click.echo(summary))
            return
        try:
            path = self._watching.summary.absolute()
            part = path.with_name(f".{path.name}.{os.getpid()}")
            part.write_text(f"{summary}\n", encoding="utf-8")
            part.replace(path)
        except OSError as error:
            self._reporter.warn(f"The summary {self._watching.summary} cannot be written: {error.strerror}")

    def _tell(self, text: str, news: Mapping[str, Any]) -> None:
        self._reporter.warn(text)
        if self._webhook:
            self._webhook.post(self._news(text, news))

    def _news(self, text: str, more: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "text": text, "verb": self._verb, "target": self._settings.target,
            "started_at": _as_json(self._started_at), **more,
        }

    @property
    def described(self) -> str:
        """Seconds and memory, for a person."""
        return f"{perf_counter() - self._started:.1f} s, at most {decimal(self.steps.peak_memory)} of memory"


class StoppedError(BuildError):
    """The run was told to end while it built."""


@contextmanager
def watched(settings: Settings, verb: str, reporter: Reporter, watching: Watching) -> Iterator[Watch]:
    """A run that is sampled while the context lasts, and kept in the ledger however it ends."""
    watch = Watch(settings, verb, reporter, watching)
    try:
        with watch.run():
            yield watch
    except BaseException as error:
        watch.failed(error)
        raise
    finally:
        watch.keep()


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """In this context SIGTERM and Ctrl-C are errors like others, so that the build is ended and the run kept in the ledger.

    Elsewhere it ends the process at once, in the middle of a statement too; the server takes that back.
    """
    if current_thread() is not main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise StoppedError(ENDED)

    former: Callable[[int, FrameType | None], Any] | int | None = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt as error:
        raise StoppedError(ENDED) from error
    finally:
        signal.signal(signal.SIGTERM, former)


def _as_json(value: object) -> str:
    return f"{value.isoformat(timespec='milliseconds')}Z" if isinstance(value, datetime) else str(value)
