"""What the README tells a reader to type, typed in a copy of the repository."""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.commands import run
from tests.support.environments import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
# The lines of the summary that `make run` prints: a table, its rows, the share with a standard concept.
COUNTS = re.findall(r"^  ([a-z_]+ +[\d,]+(?: +[\d.]+%)?)$", README, flags=re.MULTILINE)
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "target", "logs", "__pycache__", "*.duckdb*")


@pytest.fixture(scope="module")
def outputs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Block -> what it printed. All run one after the other, as a reader would."""
    installed = Path(sys.prefix)
    if not (installed / "bin" / "synthea-omop").exists():
        pytest.skip("synthea-omop is not installed in this environment: run `make test`")
    copy = tmp_path_factory.mktemp("readme") / "synthea-omop"
    shutil.copytree(REPOSITORY, copy, ignore=NOT_COPIED)
    # Installing again would take minutes and a network: the copy shares this environment.
    (copy / ".venv").symlink_to(installed)
    (installed / "installed").touch()
    server = request.getfixturevalue("postgres_server")
    name = server.create_database()
    try:
        environment = _environment(copy, server.environment(name))
        return {block: run("bash", "-euo", "pipefail", "-c", block, environment=environment, cwd=str(copy)) for block in BLOCKS}
    finally:
        server.drop_database(name)


def _environment(copy: Path, postgres: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **postgres, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}


def test_the_readme_has_commands_and_their_output() -> None:
    assert len(BLOCKS) >= 5
    assert len(COUNTS) >= 15


def test_the_readmes_commands_run(outputs: dict[str, str]) -> None:
    assert list(outputs) == BLOCKS


def test_the_readme_shows_what_the_first_command_prints(outputs: dict[str, str]) -> None:
    printed = {" ".join(line.split()) for line in outputs[BLOCKS[0]].splitlines()}
    assert [line for line in COUNTS if " ".join(line.split()) not in printed] == []
