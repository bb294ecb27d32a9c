"""The steps of a run: when each began and ended, and what was used meanwhile."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from time import perf_counter

# What a step used of the server, as the differences of what the server has counted. None of it on DuckDB.
COUNTERS = ("blocks_read", "temp_bytes", "wal_bytes", "lock_wait_seconds")
# The parts of a run, one after the other; every other kind of step lies in one of them.
STAGE = "stage"


@dataclass(eq=False)
class Step:
    """`name` is that of a stage, a step of a load, a file, or a node of dbt; times are UTC, sizes bytes."""

    kind: str
    name: str
    started_at: datetime
    began: float
    ended: float | None = None
    status: str = "running"
    rows: int | None = None
    bytes: int | None = None
    peak_memory: int = 0
    used: dict[str, float] = field(default_factory=dict)
    is_reported: bool = False

    @property
    def seconds(self) -> float:
        """How long it took, or takes until now."""
        return (perf_counter() if self.ended is None else self.ended) - self.began


class Steps:
    """All steps of a run, told from several threads. Whoever samples the machine tells `account`."""

    def __init__(self) -> None:
        self.all: list[Step] = []
        self.memory = self.peak_memory = 0
        self.used: dict[str, float] = {}
        self._lock = RLock()
        # What ran at any time since the last sample.
        self._recent: list[Step] = []
        self._sampled, self._counted = perf_counter(), dict[str, float]()
        self._files: dict[str, tuple[Step, int]] = {}

    def begin(self, kind: str, name: str, since: datetime | None = None) -> Step:
        """A step has begun, now or at a time (UTC) not long ago."""
        now = datetime.now(UTC)
        ago = max((now - since).total_seconds(), 0.0) if since else 0.0
        step = Step(kind, name, (since or now).replace(tzinfo=None), perf_counter() - ago, peak_memory=self.memory)
        with self._lock:
            self.all.append(step)
            self._recent.append(step)
        return step

    def end(self, step: Step, status: str = "done") -> None:
        """A step has ended."""
        with self._lock:
            step.ended, step.status = perf_counter(), status

    @contextmanager
    def step(self, kind: str, name: str) -> Iterator[Step]:
        """A step that lasts as long as the context."""
        step = self.begin(kind, name)
        try:
            yield step
        except BaseException:
            self.end(step, "failed")
            raise
        self.end(step)

    @contextmanager
    def part_of_file(self, name: str) -> Iterator[Step]:
        """Parts of one file may be copied side by side and again: its step lasts from the first to the last."""
        with self._lock:
            step, at_work = self._files.get(name) or (self.begin("file", name), 0)
            self._files[name] = (step, at_work + 1)
            step.ended, step.status = None, "running"
            if step not in self._recent:
                self._recent.append(step)
        try:
            yield step
        finally:
            with self._lock:
                step, at_work = self._files[name]
                self._files[name] = (step, at_work - 1)
                if at_work == 1:
                    self.end(step, "copied")

    def file_done(self, name: str, rows: int, size: int) -> None:
        """What a file gave in the end. The next file of this name is another one."""
        with self._lock:
            known = self._files.pop(name, None)
            step = known[0] if known else self.begin("file", name)
            if step.ended is None:
                self.end(step)
            step.status, step.rows, step.bytes = "done", rows, size

    @property
    def rows(self) -> int:
        """The rows that were copied and written so far."""
        with self._lock:
            return sum(step.rows or 0 for step in self.all if step.kind in ("file", "model", "seed"))

    def close(self) -> None:
        """What still runs when the run ends did not get to its own end."""
        with self._lock:
            for step in self.all:
                if step.ended is None:
                    self.end(step, "unfinished")

    def account(self, memory: int, counted: Mapping[str, float]) -> list[Step]:
        """What a sample of the machine says: to whom it belongs. Gives the steps that ran since the one before.

        The difference of a counter is shared among the steps that ran meanwhile, by the time they did.
        """
        with self._lock:
            now, since = perf_counter(), self._sampled
            self.memory, self.peak_memory = memory, max(self.peak_memory, memory)
            # After a crash the server counts from nothing.
            more = {
                name: max(value - self._counted[name], 0) for name, value in counted.items() if name in self._counted
            }
            steps, self._sampled = self._recent, now
            if counted:
                self._counted = dict(counted)
            for step in steps:
                step.peak_memory = max(step.peak_memory, memory)
            for name, value in more.items():
                self.used[name] = self.used.get(name, 0) + value
            for group in (
                [step for step in steps if step.kind == STAGE], [step for step in steps if step.kind != STAGE],
            ):
                _share(group, more, since, now)
            self._recent = [step for step in steps if step.ended is None]
            return steps


def _share(steps: Iterable[Step], more: Mapping[str, float], since: float, now: float) -> None:
    times = {
        step: max((step.ended or now) - max(step.began, since), 0.0) for step in steps
    }
    whole = sum(times.values())
    for step, time in times.items():
        for name, value in more.items():
            step.used[name] = step.used.get(name, 0) + (value * time / whole if whole else 0)
