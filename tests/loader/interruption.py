"""Commands that are held at a point of the code and killed there for real."""

import subprocess
import time
from collections.abc import Callable, Mapping

from tests.loader.command_line import query
from tests.support.commands import synthea_omop_command
from tests.support.environments import engine_of

HELD = """
import importlib, sys, time
module, name, after = sys.argv[1], sys.argv[2], sys.argv[3] == "after"
owner = importlib.import_module(module)
*path, last = name.split(".")
for part in path:
    owner = getattr(owner, part)
function = getattr(owner, last)
def held(*arguments, **named):
    result = function(*arguments, **named) if after else None
    print("held", flush=True)
    time.sleep(600)
setattr(owner, last, held)
from loader.cli import main
main(sys.argv[4:])
"""


def kill_at(environment: Mapping[str, str], module: str, name: str, when: str, *arguments: object) -> None:
    """Start the command, wait until it gets to the function, and kill it."""
    command = [synthea_omop_command()[0], "-c", HELD, module, name, when, *map(str, arguments)]
    with subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        output = []
        for line in process.stdout:
            output.append(line)
            if line == "held\n":
                break
        else:
            raise AssertionError("".join(output))
        process.kill()
    if engine_of(environment) == "postgres":
        wait_until(lambda: not query(
            environment, "select 1 from pg_stat_activity where application_name like 'synthea-omop%'"
                         " and datname = current_database()"
        ))


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
