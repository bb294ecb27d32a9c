"""What dbt says as JSON (`--log-format json`): the lines for people, and when its nodes begin and end."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from loader.databases.pool import TRANSIENT_WORDS
from loader.watch.steps import Step, Steps

# How dbt tells of a session that broke off, or of one that it could not have.
LOST = (
    *TRANSIENT_WORDS, "ssl connection has been closed", "eof detected", "connection to server on socket",
    "connection timed out",
)
KINDS = ("model", "seed", "test", "operation")
# `SELECT 16` and `INSERT 0 16` are what PostgreSQL answers.
_NAMES = re.compile(r'"([^"]+)"')
_WRITTEN = re.compile(r"^(?:SELECT|INSERT 0) (\d+)")


@dataclass
class Built:
    """What became of a build: how often dbt was started, and by schema and table the steps that made them."""

    builds: int = 0
    tables: dict[tuple[str, str], Step] = field(default_factory=dict)


class DbtLines:
    """Reads dbt's lines; its nodes become steps."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._running: dict[str, Step] = {}
        self.done: dict[str, Step] = {}

    def read(self, line: str) -> Iterator[str]:
        """The lines for people in a line of dbt's."""
        try:
            said = json.loads(line)
            info, data = said["info"], said["data"]
            at = datetime.fromisoformat(info["ts"])
            text, name = str(info["msg"]), str(info["name"])
        except (ValueError, KeyError, TypeError):
            # Whatever ends dbt before it can speak.
            yield line
            return
        self._follow(name, data, at)
        time = f"{at.astimezone():%H:%M:%S}"
        for number, part in enumerate(text.splitlines()):
            if part.strip():
                yield f"{time}  {part}" if not number else part

    def _follow(self, event: str, data: dict[str, Any], at: datetime) -> None:
        node = data.get("node_info") or {}
        key, kind = node.get("unique_id"), node.get("resource_type")
        if not key or kind not in KINDS:
            return
        if event in ("LogStartLine", "LogHookStartLine"):
            name = "hook" if kind == "operation" else kind
            self._running[key] = self._steps.begin(name, node.get("node_name") or key.split(".")[2], at)
        elif event.endswith(("Result", "HookEndLine")) and key in self._running:
            step = self.done[key] = self._running.pop(key)
            self._steps.end(step, str(node.get("node_status") or "done"))
            if written := _WRITTEN.search(str(data.get("status") or "")):
                step.rows = int(written[1])

    def complete(self, results: Iterable[Mapping[str, Any]], made: dict[tuple[str, str], Step]) -> None:
        """What only dbt's results say: the rows that a node wrote or a test found, and which table is whose."""
        for result in results:
            if not (step := self.done.get(result["unique_id"])):
                continue
            step.status = str(result["status"])
            written = result.get("rows_affected")
            if step.kind == "test":
                step.rows = result.get("failures")
            elif isinstance(written, int) and written >= 0:
                step.rows = written
            found = _NAMES.findall(result.get("relation_name") or "")
            if len(found) > 1 and step.kind in ("model", "seed"):
                made[(found[-2], found[-1])] = step
