"""A copy of the dbt project in which any model can be made to fail, and builds of it that fail, break off or are killed."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.loader.command_line import query
from tests.support.dbt_server import run_dbt
from tests.support.environments import REPOSITORY, engine_of
from tests.support.few_models import leave_out_all_but

PARTS = (
    ".dbtignore", "dbt_project.yml", "profiles.yml", "selectors.yml", "macros", "models", "seeds/mappings", "seeds/quality",
    "tests", "analyses",
)
# As a post-hook, a failure comes when the rows of the model have been replaced, in the transaction that replaced them.
HOOK = '    +post-hook: "{{ planted_failure() }}"\n'
MACRO = """{#- Fails in the model that the environment names. -#}
{% macro planted_failure() -%}
    {%- if execute and env_var('PLANTED_FAILURE', '') == this.identifier -%}
        select cast('a planted failure' as integer)
    {%- endif -%}
{%- endmacro %}
"""
ONLY_MODELS = ("--resource-type", "model")
# A killed client's backend would go on with its statement.
POSTGRES = {"PGOPTIONS": "-c jit=off -c client_connection_check_interval=200", "PGTZ": "UTC"}


def copy_project(folder: Path, leading_to: tuple[str, ...] = ()) -> Path:
    """The dbt project with `planted_failure()` after every model; the same files whether a model is to fail or not.
    Only with the models that lead to some, where these are named, and then without tests.
    """
    folder.mkdir()
    for part in PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        else:
            shutil.copy(source, folder / part)
    settings = folder / "dbt_project.yml"
    before, models, after = settings.read_text().partition("models:\n  synthea_omop:\n")
    assert models
    settings.write_text(before + models + HOOK + after)
    (folder / "macros" / "planted_failure.sql").write_text(MACRO)
    if leading_to:
        leave_out_all_but(folder, leading_to)
    return folder


@dataclass(frozen=True)
class Project:
    """The copy and the database that it builds in."""

    folder: Path
    environment: Mapping[str, str]

    def dbt(self, verb: str, *arguments: str, failing: str = "") -> tuple[int, str]:
        """Exit code and output of a dbt command; the model `failing` fails."""
        return run_dbt((verb, *arguments), self._environment(failing), self.folder)

    def build(self, *arguments: str) -> str:
        """Build tables, which must succeed; what dbt printed."""
        code, output = self.dbt("build", *ONLY_MODELS, *arguments)
        assert code == 0, output
        return output

    def fail_to_build(self, model: str, *arguments: str) -> None:
        """Build tables with a model that fails."""
        code, output = self.dbt("build", *ONLY_MODELS, *arguments, failing=model)
        assert code == 1 and "a planted failure" in output, output

    def kill_build(self, model: str, *arguments: str) -> None:
        """Build tables until dbt starts the model, and kill it without warning."""
        starts = re.compile(rf" START .*\b{model}\b")
        with subprocess.Popen(
            self._command("build", *ONLY_MODELS, *arguments), cwd="/", env=self._environment(""), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        ) as process:
            assert process.stdout
            output = []
            for line in process.stdout:
                output.append(line)
                if starts.search(line):
                    break
            else:
                raise AssertionError("".join(output))
            os.killpg(process.pid, signal.SIGKILL)
        self._wait_for_backends()

    def _command(self, verb: str, *arguments: str) -> list[str]:
        folders = ("--project-dir", str(self.folder), "--profiles-dir", str(self.folder))
        return [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--no-use-colors", verb, *arguments, *folders]

    def _environment(self, failing: str) -> dict[str, str]:
        return dict(self.environment) | POSTGRES | {"PLANTED_FAILURE": failing}

    def _wait_for_backends(self, seconds: float = 20) -> None:
        if engine_of(self.environment) == "duckdb":
            return
        others = "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        deadline = time.monotonic() + seconds
        while query(self.environment, others):
            assert time.monotonic() < deadline
            time.sleep(0.05)
