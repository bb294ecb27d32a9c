"""What the ablations stand on: exports, databases with the vocabulary, copies of the project with another setting."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from bench.suite import MEMORY_LIMIT, Engine
from loader.databases import open_database
from loader.databases.base import Database
from loader.settings import Settings
from tests.incremental.project import PARTS
from tests.support.environments import REPOSITORY, engine_of

TABLES = ("--resource-type", "seed", "--resource-type", "model")


@dataclass(frozen=True)
class Exports:
    """The export that whole runs load, a small one for single files, and one of a few changed patients."""

    full: Path
    small: Path
    delta: Path


@contextmanager
def as_own(environment: Mapping[str, str]) -> Iterator[None]:
    """The variables of the environment as this process's own, for the loader's code called in it."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def opened(environment: Mapping[str, str]) -> Iterator[Database]:
    """The loader's session on the database of the environment."""
    place = Path(environment.get("SYNTHEA_OMOP_DATABASE", ""))
    with as_own(environment), open_database(Settings(engine_of(environment), place, MEMORY_LIMIT)) as database:
        yield database


def copied_project(folder: Path, changes: Mapping[str, tuple[str, str]]) -> Path:
    """The dbt project with another text in some files: name of the file -> (what stands there, what then does)."""
    folder.mkdir()
    for part in PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        else:
            shutil.copy(source, folder / part)
    for name, (before, after) in changes.items():
        text = (folder / name).read_text(encoding="utf-8")
        if before not in text:
            raise ValueError(f"{name} has no {before!r}")
        (folder / name).write_text(text.replace(before, after, 1), encoding="utf-8")
    return folder


def dbt_of(project: Path, *arguments: str) -> list[str]:
    """dbt on a project, which may be a copy."""
    start = "from dbt.cli.main import cli; cli()"
    folders = ("--project-dir", str(project), "--profiles-dir", str(project))
    return [sys.executable, "-c", start, "--no-use-colors", *arguments, *folders]


def seconds_of(database: Database, *statements: str) -> float:
    """What the statements take, one after the other."""
    started = perf_counter()
    for statement in statements:
        database.execute(statement)
    return perf_counter() - started


@dataclass(frozen=True)
class Ground:
    """An engine with the vocabulary, and the exports."""

    engine: Engine
    exports: Exports
    folder: Path
