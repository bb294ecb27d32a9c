"""The memory limit holds for the process tree: shared out, watched, and enforced."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import sleep
from unittest.mock import patch

import pytest
from rich.console import Console

from bench.measure import measured
from bench.tic import Kind, write_json
from loader.progress import Reporter
from loader.rates import memory
from loader.rates.command import megabytes
from loader.rates.memory import SMALLEST, MemoryWatch, share_for_duckdb
from tests.loader.command_line import fail
from tests.loader.rates.loads import ledger, load
from tests.support.environments import REPOSITORY, clean_environment

HUNGRY = "import sys; data = bytearray(200 << 20); print(len(data)); sys.stdout.flush(); input()"


@pytest.mark.parametrize(("text", "expected"), [("512MB", 512), ("1GB", 1024), ("2 gib", 2048), ("1.5GB", 1536)])
def test_sizes_are_read(text: str, expected: int) -> None:
    assert megabytes(text) == expected


@pytest.mark.parametrize("limit", [SMALLEST, 512, 1024, 2048])
def test_duckdb_gets_what_the_others_leave(limit: int) -> None:
    assert 0 < share_for_duckdb(limit) < limit - 200


def test_a_limit_that_is_too_small_is_refused_before_anything_is_done(
    duckdb_environment: Mapping[str, str], tmp_path: Path
) -> None:
    path = write_json(tmp_path / "northwind.json", Kind(rates=20))
    said = fail(duckdb_environment, "rates", "--payer", "northwind", "--rates", path, "--memory-limit", SMALLEST - 1)
    assert f"The smallest limit that works is {SMALLEST}" in said
    assert not Path(duckdb_environment["SYNTHEA_OMOP_DATABASE"]).exists()


# A process of its own: the watch ends whatever is below it, and the tests' PostgreSQL is below this one.
WATCHED_TREE = """
import subprocess, sys
from loader.errors import BuildError
from loader.progress import QUIET
from loader.rates import memory
memory.SECONDS_BETWEEN_LOOKS = 0.05
stopped = []
try:
    with memory.MemoryWatch(150, QUIET) as watch:
        watch.stop = lambda: stopped.append(1)
        assert not watch.passed
        child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        # The watch ends it: nobody else does.
        child.wait(30)
        if sys.argv[2] == "build":
            raise BuildError("killed")
finally:
    print(bool(stopped), watch.peak > 150, child.returncode < 0)
"""


@pytest.mark.parametrize(("work", "expected"), [("load", "MemoryLimitError"), ("build", "BuildMemoryError")])
def test_a_tree_that_passes_the_limit_is_ended(work: str, expected: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED_TREE, HUNGRY, work], cwd=REPOSITORY, env=clean_environment(), capture_output=True,
        text=True, check=False,
    )
    assert done.stdout == "True True True\n", done.stderr
    last = done.stderr.splitlines()[-1]
    assert done.returncode and f".{expected}: " in last and "he smallest limit" in last, done.stderr


def test_shares_of_the_limit_are_said_once() -> None:
    said: list[str] = []
    reporter = Reporter(Console(quiet=True))
    looks = [10, 710_000, 720_000, 810_000, 820_000, *[10] * 999]
    with patch.object(memory, "SECONDS_BETWEEN_LOOKS", 0.02), patch.object(
        reporter, "say", lambda text, level: said.append(text)
    ), MemoryWatch(10**6, reporter) as watch, patch.object(watch, "look", side_effect=looks) as look:
        while look.call_count < 8:
            sleep(0.01)
    assert ["70 %" in said[0], "80 %" in said[1], len(said)] == [True, True, 2]


WATCHED_LOAD = """
import os, sys
from pathlib import Path
from loader.progress import QUIET
from loader.rates import memory
from tests.loader.rates.loads import load
memory.SECONDS_BETWEEN_LOOKS = 0.2
with memory.MemoryWatch(1, QUIET) as watch:
    load(os.environ, Path(sys.argv[1]), force_cleanup=True, check=watch.check)
"""


def test_a_load_that_passes_the_limit_leaves_nothing(engine_environment: Mapping[str, str], tmp_path: Path) -> None:
    path = write_json(tmp_path / "northwind.json", Kind(rates=20))
    load(engine_environment, path)
    larger = write_json(tmp_path / "larger.json", Kind(rates=3_000_000))
    done = subprocess.run(
        [sys.executable, "-c", WATCHED_LOAD, str(larger)], env=dict(engine_environment), capture_output=True,
        text=True, check=False,
    )
    assert "MemoryLimitError: The run took" in done.stderr and "Nothing of this load was kept" in done.stderr
    assert ledger(engine_environment, "file_name, outcome") == [("northwind.json", "loaded")]


PARSE = """
import sys, tempfile
from pathlib import Path
from loader.rates.parse import parse
from loader.rates.spool import Spool
with tempfile.TemporaryDirectory() as folder:
    spool = Spool(Path(folder), 1, lambda table, path, rows: path.unlink())
    parse(Path(sys.argv[1]), spool)
assert spool.counts["json_price"] == 60_000
"""


@pytest.mark.parametrize("options", [{"one_item": True}, {"one_item": True, "inline": True}, {}])
def test_the_parser_stays_small_whatever_the_size_of_an_item(tmp_path: Path, options: dict[str, bool]) -> None:
    kind = Kind(rates=3_000_000, groups=500, references_a_rate=50, **options)
    path = write_json(tmp_path / "large.json", kind)
    assert measured([sys.executable, "-c", PARSE, str(path)], clean_environment()).peak_mib < 60
