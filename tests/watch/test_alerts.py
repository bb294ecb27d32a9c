"""Which steps are slow, and the webhook that is told: on a real server, with what may go wrong there."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from loader.watch import alerts
from loader.watch.alerts import Alerts, Webhook, is_url
from loader.watch.steps import Step
from tests.support.webhook import webhook

Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """None may come between a test and the loopback."""
    monkeypatch.setenv("NO_PROXY", "*")


def running(seconds: float, name: str = "person") -> Step:
    return Step("model", name, datetime.now(UTC), time.perf_counter() - seconds)


def watching(factor: float = 3.0, after: float | None = None, median: float = 4.0, runs: int = 10) -> tuple[Alerts, Told]:
    told: Told = []
    watch = Alerts(factor, after, lambda text, news: told.append((text, dict(news))))
    watch.usual = {("model", "person"): (median, runs)}
    return watch, told


def test_a_step_beyond_a_multiple_of_its_median_is_told_once_while_it_runs() -> None:
    watch, told = watching()
    step = running(13)
    for _ in range(3):
        watch.look([step], "")
    ((text, news),) = told
    assert text.startswith("The model person takes longer than expected: 13.")
    assert "3.3 times the median of its last 10 runs (4.0 s)" in text or "3.2 times" in text
    assert news["event"] == "slow step" and news["running"] and news["median_seconds"] == 4.0
    assert watch.count == 1


@pytest.mark.parametrize(
    ("seconds", "options"),
    [(11, {}), (13, {"runs": 2}), (13, {"factor": 4.0}), (4.5, {"median": 0.02}), (9, {"after": 10.0})],
    ids=("not_yet", "too_few_runs", "another_factor", "too_short_to_matter", "before_the_limit"),
)
def test_what_is_no_alarm(seconds: float, options: dict[str, Any]) -> None:
    watch, told = watching(**options)
    watch.look([running(seconds), running(100, "another")] if "after" not in options else [running(seconds)], "")
    assert told == []


def test_a_limit_in_seconds_needs_no_history() -> None:
    watch, told = watching(after=0.5)
    step = running(1, "new")
    step.ended = time.perf_counter()
    watch.look([step], "")
    assert "took longer than expected: 1.0 s are more than 0.5 s" in told[0][0] and not told[0][1]["running"]


def test_who_holds_the_lock_for_longer_is_told_once() -> None:
    watch, told = watching()
    ann, autovacuum = "server process 7 (ann, psql)", "server process 8 (somebody)"
    for blockers in (autovacuum, ann, ann, "", ann, ann, ""):
        watch.look([], blockers)
    assert [news["event"] for _, news in told] == ["lock wait"] and "process 7 (ann, psql)" in told[0][0]


def test_what_is_posted_arrives_without_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    said: list[str] = []
    with webhook() as hook:
        post = Webhook(hook.url, said.append)
        post.post({"text": "postgresql://ann:s3cret@host/hunter2", "seconds": 1.23456, "running": True})
        post.close()
    ((_, path, body),) = hook.posted
    assert (path, body) == ("/hook", {"text": "postgresql://ann:***@host/***", "seconds": 1.235, "running": True})
    assert said == []


def test_a_busy_webhook_is_asked_again_and_one_that_refuses_is_not() -> None:
    for answers, asked, failures in (([503, 429], 3, 0), ([404], 1, 1), ([500] * 3, 3, 1)):
        said: list[str] = []
        with webhook(answers) as hook:
            post = Webhook(f"{hook.url}?token=s3cret", said.append)
            post.post({"text": "news"})
            post.close()
        assert len(hook.posted) == asked and len(said) == failures
        if failures:
            assert said == [f"An alert could not be posted to http://127.0.0.1:{hook.port}: {answers[-1]}"]


@pytest.mark.parametrize("kind", ["gone", "silent"])
def test_a_webhook_that_does_not_answer_holds_nobody_up(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "SECONDS_TO_POST", 0.3)
    monkeypatch.setattr(alerts, "ATTEMPTS", 2)
    said: list[str] = []
    with webhook(seconds=2.0 if kind == "silent" else 0.0) as hook:
        if kind == "silent":
            post = Webhook(f"http://ann:s3cret@127.0.0.1:{hook.port}/s3cret", said.append)
            started = time.perf_counter()
            post.post({"text": "news"})
            post.close()
            assert time.perf_counter() - started < 2
    if kind == "gone":
        post = Webhook(f"http://ann:s3cret@127.0.0.1:{hook.port}/s3cret", said.append)
        post.post({"text": "news"})
        post.close()
    assert len(said) == 1 and f"could not be posted to http://127.0.0.1:{hook.port}: " in said[0]
    assert "s3cret" not in said[0]


@pytest.mark.parametrize(
    ("text", "good"),
    [("https://example.org/hook", True), ("http://127.0.0.1:8080", True), ("ftp://example.org", False),
     ("example.org", False), ("http://", False), ("http://[", False), ("http://host:port/", False)],
)
def test_what_can_be_posted_to(text: str, good: bool) -> None:
    assert is_url(text) == good
