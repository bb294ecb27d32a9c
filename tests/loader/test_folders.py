"""Temporary folders: gone with their run, and those of a killed run with the next one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time

import pytest

from loader import folders
from loader.folders import TemporaryFolder
from tests.support.environments import REPOSITORY

HOLDER = """
import sys
from loader.folders import TemporaryFolder
with TemporaryFolder("gz") as folder:
    open(f"{folder}/export.csv", "w").write("of a patient")
    print(folder, flush=True)
    sys.stdin.read()
"""
AN_HOUR_AGO = (time() - 3600,) * 2


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    folders._take_leftovers_away.cache_clear()
    return tmp_path


@contextmanager
def holder() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that has a folder, made an hour ago."""
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        folder = Path(process.stdout.readline().strip())
        os.utime(folder, AN_HOUR_AGO)
        yield process, folder


def test_a_folder_is_gone_at_the_end(place: Path) -> None:
    with TemporaryFolder("gz") as folder:
        assert Path(folder).parent == place
    assert not list(place.iterdir())


def test_what_a_killed_run_left_is_taken_away_by_the_next(place: Path) -> None:
    with holder() as (process, folder):
        process.kill()
    assert (folder / "export.csv").exists()
    with TemporaryFolder("gz"):
        assert not folder.exists()


def test_what_is_in_use_or_new_or_of_others_stays(place: Path) -> None:
    new, other, led_to = place / f"{folders.PREFIX}gz-new", place / "synthea-omop-notes", place / "mine"
    for path in (new, other, led_to):
        path.mkdir()
        (path / "file").write_text("")
    (place / f"{folders.PREFIX}gz-link").symlink_to(led_to)
    for path in (other, led_to):
        os.utime(path, AN_HOUR_AGO)
    with holder() as (process, folder):
        with TemporaryFolder("gz"):
            assert (folder / "export.csv").exists()
        process.communicate("")
    assert not folder.exists()
    assert all((path / "file").exists() for path in (new, other, led_to))
