"""dbt for tests: imported once, the project parsed once, and each command a fork of that.

What `loader/dbt_process.py` does for a run this does for a command by hand: it saves the start of Python and dbt, and the
parsing of the project, which are the most of a short command. A command has a process, an environment and a folder of its
own as if it were typed; that dbt parses anew what has changed is tested with dbt's own command line.
"""

import atexit
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NoReturn

from loader import dbt_process
from loader.project import project_key
from tests.support.environments import REPOSITORY

PARSED = REPOSITORY / "target" / "parsed"
_STARTING = Lock()


def parsed_file(environment: Mapping[str, str], project: Path = REPOSITORY) -> Path:
    """Where the project is kept as dbt parsed it."""
    return PARSED / f"{project_key(environment['SYNTHEA_OMOP_TARGET'], environment, project)}.msgpack"


def manifest_of(environment: Mapping[str, str]) -> dict[str, Any]:
    """The project as dbt sees it, as in its manifest.json."""
    run_dbt(("ls", "--select", "person"), environment)
    manifest = dbt_process.kept_manifest(parsed_file(environment))
    assert manifest
    kinds = ("nodes", "sources", "macros", "exposures", "unit_tests", "docs")
    return {kind: {name: node.to_dict() for name, node in getattr(manifest, kind).items()} for kind in kinds}


def run_dbt(arguments: tuple[str, ...], environment: Mapping[str, str], project: Path = REPOSITORY) -> tuple[int, str]:
    """Exit code and output of a dbt command on a project, in a process of its own."""
    target = environment["SYNTHEA_OMOP_TARGET"]
    catalogs = {"duckdb": Path(environment.get("SYNTHEA_OMOP_DATABASE", "")).stem, "postgres": environment.get("PGDATABASE", "")}
    with tempfile.NamedTemporaryFile("r", prefix="synthea-omop-dbt-", errors="replace") as output:
        request = {
            "arguments": [*arguments, "--project-dir", str(project), "--profiles-dir", str(project)],
            "environment": dict(environment), "output": output.name, "project": str(project),
            "parsed": str(parsed_file(environment, project)), "catalog": catalogs.get(target, ""),
        }
        with _STARTING:
            path = _server()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            connection.sendall(json.dumps(request).encode() + b"\n")
            ended = connection.makefile().read()
        return int(ended or -1), output.read()


@cache
def _server() -> str:
    """The path of a server that lives as long as this process."""
    folder = tempfile.TemporaryDirectory(prefix="synthea-omop-dbt-")
    path = f"{folder.name}/socket"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore:resource_tracker", "-m", "tests.support.dbt_server", path], cwd=REPOSITORY,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )

    def end() -> None:
        process.kill()
        process.wait()
        folder.cleanup()

    atexit.register(end)
    assert process.stdout and process.stdout.readline() == "ready\n"
    return path


class _Server:
    """Starts a child for each command, several at once, and answers with its exit code."""

    def __init__(self) -> None:
        from dbt.adapters.duckdb.credentials import DuckDBCredentials
        from dbt.adapters.postgres import PostgresCredentials
        from dbt.cli.main import dbtRunner
        from dbt.contracts.project import ProfileConfig, Project

        dbt_process.gc.set_threshold(*dbt_process.OBJECTS_TO_COLLECT)
        dbt_process.hear_from_info_on()
        # What dbt makes once a process, to hold profiles and projects against.
        for settings in (Project, ProfileConfig, DuckDBCredentials, PostgresCredentials):
            settings.json_schema()
        self._runner = dbtRunner
        self._compiled = dbt_process.read_once()
        self._manifests: dict[str, Any] = {}

    def serve(self, path: str) -> None:
        """Until the process that started this one kills it, or ends and so closes our input. The exit code is told when the
        child is gone, and with it every lock that it held.
        """
        at_work: dict[int, tuple[int, socket.socket]] = {}
        with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as events:
            listener.bind(path)
            listener.listen()
            events.register(listener, selectors.EVENT_READ)
            events.register(sys.stdin, selectors.EVENT_READ)
            print("ready", flush=True)
            while True:
                for key, _ in events.select():
                    if key.fileobj is sys.stdin:
                        return
                    if key.fileobj is listener:
                        connection, _ = listener.accept()
                        request = json.loads(connection.makefile().readline())
                        self._prepare(request)
                        if (child := os.fork()) == 0:
                            self._run(request)
                        ended = os.pidfd_open(child)
                        at_work[ended] = (child, connection)
                        events.register(ended, selectors.EVENT_READ)
                    else:
                        ended = key.fd
                        child, connection = at_work.pop(ended)
                        events.unregister(ended)
                        os.close(ended)
                        with connection:
                            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                            connection.sendall(str(code).encode())

    def _prepare(self, request: Mapping[str, Any]) -> None:
        """Have the project's manifest: kept by a run or a test before, or parsed in a child of its own."""
        parsed = request["parsed"]
        if parsed in self._manifests:
            return
        manifest = dbt_process.kept_manifest(Path(parsed))
        if manifest is None:
            if (child := os.fork()) == 0:
                self._be(request)
                code = dbt_process.parse(Path(parsed), request["arguments"])[1]
                os._exit(code)
            os.waitpid(child, 0)
            manifest = dbt_process.kept_manifest(Path(parsed))
        self._compiled.update(dbt_process.kept_code(Path(parsed)))
        self._manifests[parsed] = manifest

    def _run(self, request: Mapping[str, Any]) -> NoReturn:
        """The command, in this process and to its end."""
        try:
            self._be(request)
            manifest = self._manifests[request["parsed"]]
            if manifest is not None:
                dbt_process.lead_to(manifest, request["catalog"])
                manifest.build_flat_graph()
            code = dbt_process.exit_code(self._runner(manifest=manifest).invoke(["--no-use-colors", *request["arguments"]]))
        except BaseException:  # noqa: BLE001 - whatever it is, whoever asked has to hear of it
            traceback.print_exc()
            code = 70
        dbt_process.end(code)

    def _be(self, request: Mapping[str, Any]) -> None:
        """The process that the request asks for."""
        os.environ.clear()
        os.environ.update(request["environment"])
        time.tzset()
        os.chdir("/")
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        output = os.open(request["output"], os.O_WRONLY | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)


if __name__ == "__main__":
    _Server().serve(sys.argv[1])
