"""Runs of the command line in the middle of which something happens to them."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.loader.interruption import wait_until
from tests.support.commands import synthea_omop_command
from tests.support.environments import engine_of

Environment = Mapping[str, str]
SECONDS_TO_GET_THERE = 90
# Holds the run between its load and dbt, until it is told to go on.
HELD_BEFORE_DBT = """
import sys
from loader import cli, job
build = job.build
def held(*arguments, **named):
    print("held", flush=True)
    sys.stdin.readline()
    return build(*arguments, **named)
job.build = held
cli.main(sys.argv[1:])
"""


@dataclass(frozen=True)
class Ended:
    """How a run ended, and all that it said."""

    code: int
    output: str


@dataclass
class Run:
    """A run at work, in a session of its own."""

    process: subprocess.Popen[str]
    environment: Environment
    log_began: int

    def wait_for_model(self, model: str) -> None:
        """Until dbt starts the model."""
        starts = re.compile(rf" START .*\.{model}\b")
        log = dbt_log(self.environment)

        def is_there() -> bool:
            assert self.process.poll() is None, self.process.communicate()[0]
            if not log.exists():
                return False
            with log.open(errors="replace") as lines:
                # A full log is moved aside, and another begun.
                lines.seek(self.log_began if log.stat().st_size >= self.log_began else 0)
                return bool(starts.search(lines.read()))

        wait_until(is_there, SECONDS_TO_GET_THERE)

    def wait_for(self, text: str) -> None:
        """Until the run says so, on a line of its own."""
        assert self.process.stdout
        said = []
        for line in self.process.stdout:
            said.append(line)
            if line == f"{text}\n":
                return
        raise AssertionError("".join(said))

    def kill(self) -> None:
        """The whole tree, without warning; its sessions on a server end by themselves."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def dbt(self) -> psutil.Process:
        """The child that runs dbt."""
        (child,) = [child for child in psutil.Process(self.process.pid).children() if "dbt" in " ".join(child.cmdline())]
        return child

    def ended(self, told: str = "") -> Ended:
        """Let it come to its end."""
        output = self.process.communicate(told)[0]
        return Ended(self.process.returncode, output)


@contextmanager
def running(environment: Environment, *arguments: object, held: bool = False) -> Iterator[Run]:
    """The command line with these arguments; with `held` it waits before dbt."""
    command = synthea_omop_command(*map(str, arguments))
    if held:
        command = [sys.executable, "-c", HELD_BEFORE_DBT, *map(str, arguments)]
    log = dbt_log(environment)
    began = log.stat().st_size if log.exists() else 0
    process = subprocess.Popen(
        command, cwd="/", env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )
    run = Run(process, environment, began)
    try:
        yield run
    finally:
        if process.poll() is None:
            run.kill()


def ended(environment: Environment, *arguments: object) -> Ended:
    """The command line from its start to its end, however that is."""
    with running(environment, *arguments) as run:
        return run.ended()


def succeed_outside(environment: Environment, *arguments: object) -> str:
    """What a command said that must end with 0, as a process of its own."""
    run = ended(environment, *arguments)
    assert run.code == 0, run.output
    return run.output


def dbt_log(environment: Environment) -> Path:
    return Path(environment["DBT_LOG_PATH"]) / "dbt.log"


def wait_for_sessions(environment: Environment, query: Callable[[Environment, str], list[tuple]]) -> None:
    """Until no session of a killed run is left on the server."""
    if engine_of(environment) == "postgres":
        wait_until(lambda: not query(
            environment,
            "select 1 from pg_stat_activity where datname = current_database()"
            " and (application_name like 'synthea-omop%' or application_name = 'dbt')",
        ))
    else:
        time.sleep(0.1)
