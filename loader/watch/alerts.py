"""Steps that take longer than they used to, said while they run; and a webhook that hears of them and of failures."""

from collections.abc import Callable, Mapping
from queue import Empty, Queue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from loader import logs
from loader.watch.steps import Step

# A median says something from so many runs on; of more than RUNS the last ones count.
FEWEST_RUNS, RUNS = 3, 10
# What takes less than this is not slow, whatever it took before.
FLOOR_SECONDS = 5.0
ATTEMPTS = 3
SECONDS_TO_POST = 3.0
# How long a run waits at its end for what is still to be posted.
SECONDS_AT_THE_END = 12.0
# Answers that may be others a moment later.
_BUSY = {429, 500, 502, 503, 504}

Usual = Mapping[tuple[str, str], tuple[float, int]]
Tell = Callable[[str, Mapping[str, Any]], None]


class Alerts:
    """Which steps are slow: more than `factor` times their median, or more than `after` seconds. Each is told once."""

    def __init__(self, factor: float, after: float | None, tell: Tell) -> None:
        self.usual: Usual = {}
        self.count = 0
        self._factor, self._after, self._tell = factor, after, tell
        self._blocked_by, self._told_of = "", set[str]()

    def look(self, steps: list[Step], blockers: str) -> None:
        """What a sample says of the steps that ran, and of who holds what they wait for."""
        for step in steps:
            if not step.is_reported and (why := self._why(step)):
                step.is_reported = True
                self.count += 1
                verb = "takes" if step.ended is None else "took"
                median, runs = self.usual.get((step.kind, step.name), (0.0, 0))
                self._tell(
                    f"The {step.kind} {step.name} {verb} longer than expected: {step.seconds:.1f} s {why}",
                    {"event": "slow step", "kind": step.kind, "step": step.name, "seconds": round(step.seconds, 3),
                     "median_seconds": median if runs >= FEWEST_RUNS else None, "running": step.ended is None},
                )
        # A wait that is over at the next sample is none that somebody has to end.
        if blockers and blockers == self._blocked_by and blockers not in self._told_of:
            self._told_of.add(blockers)
            self.count += 1
            self._tell(
                f"The run waits for a lock that {blockers} holds: end that session, or wait for it",
                {"event": "lock wait", "blocked_by": blockers},
            )
        self._blocked_by = blockers

    def _why(self, step: Step) -> str:
        if self._after is not None and step.seconds > self._after:
            return f"are more than {self._after:g} s"
        median, runs = self.usual.get((step.kind, step.name), (0.0, 0))
        if runs >= FEWEST_RUNS and step.seconds > max(self._factor * median, FLOOR_SECONDS):
            return f"are {_times(step.seconds, median)} the median of its last {runs} runs ({median:.1f} s)"
        return ""


def _times(seconds: float, median: float) -> str:
    return f"{seconds / median:.1f} times" if median >= 0.05 else "many times"


class Webhook:
    """Posts news as JSON from a thread of its own. What cannot be posted is said, and no error of the run."""

    def __init__(self, url: str, warn: Callable[[str], None]) -> None:
        self._url, self._warn = url, warn
        self._news: Queue[Mapping[str, Any] | None] = Queue()
        self._thread = Thread(target=self._work, daemon=True, name="webhook")
        self._thread.start()

    def post(self, news: Mapping[str, Any]) -> None:
        """Post this when its turn comes. Texts lose their passwords."""
        self._news.put({name: logs.without_secrets(value) for name, value in news.items()})

    def close(self) -> None:
        """Wait a while for what is still to be posted."""
        self._news.put(None)
        self._thread.join(SECONDS_AT_THE_END)
        if self._thread.is_alive():
            self._warn(f"Alerts to {self.place} are lost: it takes too long to answer")

    @property
    def place(self) -> str:
        """Where the webhook is, without what may be secret: user, path and parameters."""
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"

    def _work(self) -> None:
        while (news := self._news.get()) is not None:
            try:
                self._post(news)
            except Exception as error:  # noqa: BLE001 - an alert that is lost fails no run, whatever lost it.
                # requests puts the whole URL into its messages.
                code = getattr(getattr(error, "response", None), "status_code", None)
                self._warn(f"An alert could not be posted to {self.place}: {code or type(error).__name__}")
                self._drop_the_rest()

    def _post(self, news: Mapping[str, Any]) -> None:
        import requests

        def is_passing(error: BaseException) -> bool:
            answer = getattr(error, "response", None)
            return isinstance(error, requests.RequestException) and (answer is None or answer.status_code in _BUSY)

        for attempt in Retrying(
            retry=retry_if_exception(is_passing), stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential_jitter(multiplier=0.2, max=1, jitter=0.1), reraise=True,
        ):
            with attempt:
                requests.post(self._url, json=news, timeout=SECONDS_TO_POST).raise_for_status()
        logs.event("alert posted", message=news.get("text"))

    def _drop_the_rest(self) -> None:
        """A server that is not there need not be asked for every alert that waits; the next one is tried again."""
        while True:
            try:
                if self._news.get_nowait() is None:
                    self._news.put(None)
                    return
            except Empty:
                return


def is_url(text: str) -> bool:
    """Whether the text is an address that can be posted to."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port is not False
    except ValueError:
        return False
