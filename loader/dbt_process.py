"""dbt's own process: `python -P dbt_process.py PARSED RESULTS DBT-ARGUMENT...`.

What a road of the project reads is parsed once: what came of it is kept in the file PARSED, whose name the loader makes of
all that dbt reads, and every later run starts from it, whatever database it meets. dbt's own cache would not do: it takes
a database of another name for another project, and two runs at once would write one file. What became of each node is
written to RESULTS as JSON when dbt comes to its end. Exit codes are dbt's: 0, 1 when a node failed, 2 when dbt could not do
its work.

The environment says more: SYNTHEA_OMOP_CATALOG the name that the engine has for the database, SYNTHEA_OMOP_STANDING the
views and seeds that the selectors of selectors.yml leave out, because they stand as they are to be.

Nothing of the package is imported here: this process is dbt's.
"""

import atexit
import gc
import json
import marshal
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn, cast

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# How many states of the project, engines included, are kept.
KEPT_MANIFESTS = 8
# What the selector of a road in selectors.yml has no use for, as in .dbtignore: a fifth of the time that parsing takes.
UNREAD = {
    "cdm": ("models/rates/", "models/*/rates/", "tests/rates/", "models/_exposures.yml", "analyses/"),
    "rates": ("models/_exposures.yml", "analyses/"),
}
# After how many new objects Python looks for garbage among the young ones, by itself after 700; then, after how many looks
# among older ones. A million objects stay, and looking at them rarely costs no memory, as not looking at all does.
OBJECTS_TO_COLLECT = (20_000, 10, 100)


def main(parsed_file: str, results: str, *arguments: str) -> int:
    """dbt's exit code."""
    gc.set_threshold(*OBJECTS_TO_COLLECT)
    from dbt.cli.main import dbtRunner

    hear_from_info_on()
    file = Path(parsed_file)
    compiled = read_once()
    compiled.update(kept_code(file))
    known = len(compiled)
    manifest = kept_manifest(file)
    if manifest is None:
        print("Parsing the dbt project, which later runs need not do", flush=True)
        _leave_unread(UNREAD[_value(arguments, "--selector")])
        manifest, code = parse(file, arguments)
        if manifest is None:
            return code
    lead_to(manifest, os.environ.get("SYNTHEA_OMOP_CATALOG", ""))
    _leave_out(manifest, os.environ.get("SYNTHEA_OMOP_STANDING", "").split())
    # The same once more, as macros see it.
    manifest.build_flat_graph()
    done = dbtRunner(manifest=manifest).invoke(list(arguments))
    if len(compiled) > known:
        _write(file.with_suffix(".jinja"), marshal.dumps(compiled))
    with Path(results).open("w", encoding="utf-8") as stream:
        json.dump([_told(result) for result in getattr(done.result, "results", ())], stream)
    return exit_code(done)


def hear_from_info_on() -> None:
    """Let dbt's events of level `debug`, nine thousand in a build, end where they begin: nobody reads them."""
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager
    from dbt_common.events.event_manager_client import ctx_set_event_manager

    class FromInfoOn(EventManager):
        def fire_event(self, e: BaseEvent, level: EventLevel | None = None, *others: Any, **named: Any) -> None:
            if (level or e.level_tag()) not in (EventLevel.DEBUG, EventLevel.TEST):
                super().fire_event(e, level, *others, **named)

    ctx_set_event_manager(FromInfoOn())


def read_once() -> dict[tuple[str, str], Any]:
    """Let Jinja parse and compile a text once: of the 5,900 that dbt reads while it parses half are the macros once more,
    the same few hooks and types, and references to descriptions. Jinja's own caches are for templates in files.
    What is returned is what it has compiled, which is to be kept for the next run.
    """
    from jinja2 import Environment

    def once(method: Callable[..., Any], made: dict[tuple[str, str], Any]) -> Callable[..., Any]:
        def remembered(self: Environment, source: Any, *others: Any, **named: Any) -> Any:
            if others or named or not isinstance(source, str):
                return method(self, source, *others, **named)
            key = (type(self).__qualname__, str(source))
            if key not in made:
                made[key] = method(self, source)
            return made[key]

        return remembered

    compiled: dict[tuple[str, str], Any] = {}
    # Who asks for a parsed text only looks for calls in it; compiling, which changes it, parses by another way.
    Environment.parse = once(Environment.parse, {})  # type: ignore[method-assign]
    Environment.compile = once(Environment.compile, compiled)  # type: ignore[method-assign]
    return compiled


def _leave_unread(patterns: Iterable[str]) -> None:
    """Let dbt take the patterns for lines of the project's .dbtignore, after those that it has, and see no unit tests, which
    no run makes.
    """
    from dbt.parser import read_files
    from dbt.parser.schemas import yaml_from_file
    from pathspec import GitIgnoreSpec

    def ignored(project: str) -> GitIgnoreSpec:
        file = Path(project, ".dbtignore")
        return GitIgnoreSpec.from_lines([*(file.read_text("utf-8").splitlines() if file.is_file() else ()), *patterns])

    def read(**file: Any) -> dict[str, Any] | None:
        content: dict[str, Any] | None = yaml_from_file(**file)
        if content:
            content.pop("unit_tests", None)
        return content

    read_files.generate_dbt_ignore_spec = ignored
    read_files.yaml_from_file = read  # type: ignore[attr-defined, assignment]


def kept_code(file: Path) -> dict[tuple[str, str], Any]:
    """What Jinja compiled in earlier runs of the project that was parsed into `file`."""
    with suppress(OSError, EOFError, ValueError, TypeError):
        return dict(marshal.loads(file.with_suffix(".jinja").read_bytes()))
    return {}


def parse(file: Path, arguments: Iterable[str]) -> "tuple[Manifest | None, int]":
    """What dbt makes of the project that the arguments of a build lead to, which is kept in `file`; its exit code."""
    from dbt.cli.main import dbtRunner

    # dbt keeps what it parsed in its target folder, which others may write into.
    with TemporaryDirectory(prefix="synthea-omop-parsed-") as folder:
        parsed = dbtRunner().invoke(["parse", *_parse_arguments(arguments), "--target-path", folder])
        if not parsed.success:
            return None, exit_code(parsed)
        keep_manifest(file, Path(folder) / "partial_parse.msgpack")
        return cast("Manifest", parsed.result), 0


def kept_manifest(file: Path) -> "Manifest | None":
    """What parsing gave an earlier run; nothing when it is not there or cannot be read, whatever happened to it."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    try:
        manifest = Manifest.from_msgpack(file.read_bytes(), decoder=extended_mashumuro_decoder)
    except Exception:  # noqa: BLE001 - a kept state that cannot be read is only parsed again
        return None
    # The states that are used last are those that are kept.
    with suppress(OSError):
        os.utime(file)
    manifest.build_parent_and_child_maps()
    return manifest


def keep_manifest(file: Path, parsed: Path) -> None:
    _write(file, parsed.read_bytes())
    with suppress(OSError):
        kept = sorted(file.parent.glob("*.msgpack"), key=lambda path: path.stat().st_mtime)
        for old in kept[:-KEPT_MANIFESTS]:
            old.unlink(missing_ok=True)
            old.with_suffix(".jinja").unlink(missing_ok=True)


def _write(file: Path, content: bytes) -> None:
    # A folder that cannot be written costs the next run its start, and no more.
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(f".{os.getpid()}")
        new.write_bytes(content)
        new.replace(file)


def lead_to(manifest: "Manifest", database: str) -> None:
    """Let every node lie in the database of this run: its name is all that parsing knew of the one it met."""
    node: Any  # Not every kind of node lies in a database.
    quoted = '"' + database.replace('"', '""') + '"'
    for kind in (manifest.nodes, manifest.sources, manifest.unit_tests):
        for node in kind.values():
            former = getattr(node, "database", None)
            if not database or not former or former == database:
                continue
            node.database = database
            if name := getattr(node, "relation_name", None):
                node.relation_name = quoted + name.removeprefix('"' + former.replace('"', '""') + '"')


def _leave_out(manifest: "Manifest", names: Iterable[str]) -> None:
    """Give the views, the seeds and the tables that are made once of these names the tag that the selectors leave out."""
    standing = set(names)
    for node in manifest.nodes.values():
        if node.name in standing and node.config.get("materialized") in ("seed", "view", "made_once"):
            node.tags.append("standing")


def _told(result: Any) -> dict[str, Any]:
    """What the loader wants to know of a node's result."""
    return {
        "unique_id": result.node.unique_id,
        "status": str(result.status),
        "message": result.message,
        "failures": result.failures,
        "execution_time": result.execution_time,
        "relation_name": getattr(result.node, "relation_name", None),
        "rows_affected": (result.adapter_response or {}).get("rows_affected"),
    }


def exit_code(done: Any) -> int:
    if done.exception is None:
        return 0 if done.success else 1
    # dbt has said all others itself.
    if type(done.exception).__name__ == "DbtUsageException":
        print(done.exception, file=sys.stderr)
    return 2


def _parse_arguments(arguments: Iterable[str]) -> list[str]:
    """The arguments of a build that parsing takes too: where project and engine are, and how to speak."""
    taken = []
    for name in ("--project-dir", "--profiles-dir", "--target", "--log-path", "--log-format"):
        if value := _value(arguments, name):
            taken += [name, value]
    return [*taken, "--log-level-file", "none", "--no-partial-parse", "--no-write-json", "--no-use-colors", "--quiet"]


def _value(arguments: Iterable[str], option: str) -> str:
    following = iter(arguments)
    return next((next(following, "") for argument in following if argument == option), "")


def end(code: int) -> NoReturn:
    """End the process as Python would, but for taking a million objects apart one by one."""
    atexit._run_exitfuncs()  # noqa: SLF001 - Python has no other name for it
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    end(main(*sys.argv[1:]))
