"""Builds whose server broke off: which are made again, and what is said where that does not help."""

from collections.abc import Callable
from pathlib import Path

import pytest

from loader import build
from loader.errors import BuildError, LoaderError
from loader.progress import QUIET
from loader.settings import Settings
from loader.watch.dbt_lines import Built

SETTINGS = Settings("postgres", Path("/nowhere"), "1GB")


def lost(*arguments: object) -> None:
    error = BuildError("The build failed: person.")
    error.lost_connection = True
    raise error


def away() -> bool:
    raise LoaderError("PostgreSQL cannot be reached: Connection refused")


@pytest.mark.parametrize(
    ("reconnect", "builds", "words"),
    [(lambda: True, 3, "The build failed: person."), (lambda: False, 1, "The build failed: person."),
     (away, 1, "PostgreSQL cannot be reached")],
    ids=("breaks_off_again_and_again", "for_good", "does_not_come_back"),
)
def test_a_server_that_stays_away_ends_with_what_to_run(
    monkeypatch: pytest.MonkeyPatch, reconnect: Callable[[], bool], builds: int, words: str
) -> None:
    monkeypatch.setattr(build, "_build_once", lost)
    built = Built()
    with pytest.raises(BuildError) as raised:
        build.build(SETTINGS, {}, QUIET, reconnect=reconnect, watch=built)
    assert raised.value.exit_code == 3 and built.builds == builds
    assert words in str(raised.value) and "run the same command again" in str(raised.value)


def test_a_model_that_is_wrong_is_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: object) -> None:
        raise BuildError("The build failed: person.")

    monkeypatch.setattr(build, "_build_once", wrong)
    built = Built()
    with pytest.raises(BuildError, match=r"^The build failed: person.$"):
        build.build(SETTINGS, {}, QUIET, reconnect=lambda: True, watch=built)
    assert built.builds == 1


@pytest.mark.parametrize(
    ("message", "is_lost"),
    [
        ("Database Error in model person\n  terminating connection due to administrator command\n  SSL connection", True),
        ("server closed the connection unexpectedly", True), ("SSL SYSCALL error: EOF detected", True),
        ('connection to server on socket "/run/.s.PGSQL.5432" failed: No such file or directory', True),
        ("FATAL:  the database system is starting up", True), ("division by zero", False),
        ('relation "omop.person" does not exist', False), ("canceling statement due to lock timeout", False),
    ],
)
def test_what_a_lost_connection_looks_like(message: str, is_lost: bool) -> None:
    assert build._is_lost(["Completed with 1 error", message]) == is_lost
