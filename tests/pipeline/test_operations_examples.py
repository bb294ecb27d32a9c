"""What docs/operations.md shows for cron and CI, run as it stands in a copy of the repository."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.support.environments import REPOSITORY

TEXT = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
(NIGHTLY,) = re.findall(r"^```sh\n(#!.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
(WORKFLOW,) = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "target", "logs", "__pycache__", "*.duckdb*")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with the environment of these tests, as in a place where it was installed."""
    installed = Path(sys.prefix)
    if not (installed / "bin" / "synthea-omop").exists():
        pytest.skip("synthea-omop is not installed in this environment: run `make test`")
    folder = tmp_path_factory.mktemp("operations") / "synthea-omop"
    shutil.copytree(REPOSITORY, folder, ignore=NOT_COPIED)
    (folder / ".venv").symlink_to(installed)
    (installed / "installed").touch()
    return folder


def shell(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_nightly_script_publishes_and_reports(copy: Path) -> None:
    (copy / "nightly.sh").write_text(NIGHTLY)
    done = shell(copy, "bash nightly.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (copy / "report.html").stat().st_size > 10_000 and (copy / "logs" / "nightly.json").exists()
    with duckdb.connect(str(copy / "cdm.duckdb"), read_only=True) as cdm:
        assert cdm.execute("select count(*) from omop.person").fetchall() == [(16,)]
    # The next night nothing is new; while one is at work another one ends.
    again = shell(copy, "bash nightly.sh")
    assert again.returncode == 0 and "nothing to do" in again.stdout, again.stdout + again.stderr
    with (copy / "nightly.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        busy = shell(copy, "bash nightly.sh")
    assert busy.returncode == 75 and "still at work" in busy.stderr
    assert not list(copy.glob("*.next"))


def test_the_nightly_script_hands_on_what_failed(copy: Path) -> None:
    (copy / "nightly_of_nothing.sh").write_text(NIGHTLY.replace("run seeds/demo/synthea", "run no/such/folder"))
    done = shell(copy, "bash nightly_of_nothing.sh")
    assert done.returncode == 1 and "no/such/folder is not a folder" in done.stderr


def test_every_step_of_the_workflow_runs(copy: Path) -> None:
    (job,) = yaml.safe_load(WORKFLOW)["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert len(commands) > 3 and {key for step in job["steps"] for key in step} == {"uses", "run"}
    for command in commands:
        done = shell(copy, command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert (copy / "report.html").exists() and (copy / "ci.duckdb").exists()
