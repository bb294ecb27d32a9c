"""The project's commands as a user starts them: child processes with an environment of their own."""

import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.support.dbt_server import run_dbt
from tests.support.environments import REPOSITORY

Work = TypeVar("Work")
Result = TypeVar("Result")

LINES_OF_A_FAILURE = 60
# dbt's lines about what went well or was not tried.
NOISE = re.compile(r" (START|PASS|OK|SKIP) ")


class CommandFailedError(AssertionError):
    """A command ended with another exit code than 0; the message has the end of its output."""


def synthea_omop(*arguments: str, environment: Mapping[str, str]) -> str:
    """Runs the command line and gives what it printed. Raises CommandFailedError."""
    return run(*synthea_omop_command(*arguments), environment=environment)


def synthea_omop_command(*arguments: str) -> list[str]:
    """The command line of this repository, whether installed or not."""
    return [sys.executable, "-m", "loader", *arguments]


def dbt(*arguments: str, environment: Mapping[str, str]) -> str:
    """Runs dbt on the project and gives what it printed. Raises CommandFailedError."""
    return _ended_well(f"dbt {' '.join(arguments)}", *run_dbt(arguments, environment))


def dbt_command(*arguments: str) -> list[str]:
    """The command that runs dbt on the project from any folder."""
    folders = ("--project-dir", str(REPOSITORY), "--profiles-dir", str(REPOSITORY))
    start = "from dbt.cli.main import cli; cli()"
    return [sys.executable, "-c", start, "--no-use-colors", *arguments, *folders]


def at_once(do: Callable[[Work], Result], work: Sequence[Work]) -> list[Result]:
    """Does all of the work side by side: dbt keeps one core busy with itself."""
    with ThreadPoolExecutor(max_workers=len(work)) as pool:
        return list(pool.map(do, work))


def run(*command: str, environment: Mapping[str, str], cwd: str = "/") -> str:
    """Runs a command without input. Raises CommandFailedError."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True, check=False,
    )
    return _ended_well(" ".join(command), done.returncode, done.stdout)


def _ended_well(command: str, code: int, output: str) -> str:
    if code:
        lines = [line for line in output.splitlines() if not NOISE.search(line)]
        tail = "\n".join(lines[-LINES_OF_A_FAILURE:])
        raise CommandFailedError(f"exit code {code} of {command}\n{tail}")
    return output
