"""dbt as a child process: its memory goes back to the system, and no lock stays behind."""

import json
import logging
import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from loader import logs
from loader.databases.base import Database
from loader.errors import LOAD_STAYS, BuildError, DataQualityError, LoaderError
from loader.progress import Reporter
from loader.project import project_key
from loader.settings import PROJECT_DIR, Settings
from loader.watch.dbt_lines import LOST, Built, DbtLines

ALL_BUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
ONLY_TABLES = ("--resource-type", "seed", "--resource-type", "model")
LINES_OF_A_FAILURE = 40
# How often a build is tried on a server that breaks off. Each one does what the one before left undone.
ATTEMPTS = 3
SECONDS_TO_END = 10
FAILED = ("error", "fail", "runtime error")
DBT_PROCESS = str(Path(__file__).with_name("dbt_process.py"))
# What dbt_process.py says of each node.
Results = list[dict[str, Any]]
# What dbt says and nobody needs while all goes well: starts, passed tests, and lines with nothing but the time. Of a Java
# program's error the calls that led to it are in dbt's own log.
_NOISE = re.compile(r" START |\bPASS\b|^[\d:]+$| compiled code at |> called by |^\s+(at [\w.$/]+\(|\.\.\. \d+ more$)")


def check_engine(settings: Settings) -> None:
    """LoaderError when dbt cannot work on the target from here, whatever is loaded."""
    if settings.target != "spark":
        return
    if not (find_spec("pyspark") and find_spec("dbt.adapters.spark")):
        raise LoaderError(
            "Spark is not installed here. In the folder of the project: pip install -e '.[spark]'. Loading needs none."
        )
    if not (os.environ.get("SYNTHEA_OMOP_SPARK_REMOTE") or which("java") or os.environ.get("JAVA_HOME")):
        raise LoaderError("Spark needs Java 17 or newer: install it, or set JAVA_HOME. Loading needs none.")


def build(
    settings: Settings,
    database_environment: Mapping[str, str],
    reporter: Reporter,
    full_refresh: bool = False,
    tests: bool = True,
    selector: str = "cdm",
    reconnect: Callable[[], bool] | None = None,
    watch: Built | None = None,
) -> float:
    """Run `dbt build` of one road (a name in selectors.yml) on the database of the settings; the seconds it took.

    BuildError when a model, a seed or a hook fails, DataQualityError when only data tests do. A build whose server
    broke off is made again where `reconnect` says that the server is back. `watch` is told of what each build made.
    """
    watch = watch or Built()
    started = perf_counter()
    for left in reversed(range(ATTEMPTS)):
        try:
            watch.builds += 1
            _build_once(settings, database_environment, reporter, full_refresh, tests, selector, watch)
        except BuildError as error:
            if not error.lost_connection or not reconnect:
                raise
            try:
                if not left or not reconnect():
                    raise
            except LoaderError as gone:
                raise BuildError(
                    f"The server broke off while the CDM was built: {gone if gone is not error else error}\n"
                    "What was loaded stays. When the server is back, run the same command again: it builds what is left."
                ) from error
            reporter.warn(f"The server broke off while dbt was at work: building again, {left} times at most")
        else:
            break
    seconds = perf_counter() - started
    logs.event("step finished", step="dbt", seconds=seconds)
    return seconds


def _build_once(
    settings: Settings, database_environment: Mapping[str, str], reporter: Reporter, full_refresh: bool, tests: bool,
    selector: str, watch: Built,
) -> None:
    if not (PROJECT_DIR / "dbt_project.yml").is_file():
        raise LoaderError(
            f"The dbt project is not in {PROJECT_DIR}. Install the checked-out repository with `pip install -e .`."
        )
    target_path = _target_path(settings.target, selector)
    arguments = [
        "build",
        "--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR), "--target", settings.target,
        "--target-path", str(target_path),
        "--log-path", os.path.abspath(os.environ.get("DBT_LOG_PATH") or target_path / "logs"),
        # What nobody reads is not written: the project as JSON, and thousands of lines on dbt's own doings.
        "--no-write-json", "--log-level-file", "info", "--no-use-colors", "--log-format", "json",
        "--log-format-file", "text", "--selector", selector, *(ALL_BUT_UNIT_TESTS if tests else ONLY_TABLES),
        *(["--full-refresh"] if full_refresh else []),
    ]
    environment = os.environ | dict(database_environment)
    key = database_environment.get("SYNTHEA_OMOP_PROJECT_KEY") or project_key(settings.target, environment)
    environment |= {
        "SYNTHEA_OMOP_TARGET": settings.target,
        "SYNTHEA_OMOP_DATABASE": str(settings.database),
        "SYNTHEA_OMOP_MEMORY_LIMIT": settings.memory_limit,
        "SYNTHEA_OMOP_PROJECT_KEY": key,
        "DO_NOT_TRACK": "1",
    }
    reporter.say(f"Building the {'CDM' if selector == 'cdm' else selector} with dbt on {settings.target}")
    last_lines: deque[str] = deque(maxlen=LINES_OF_A_FAILURE)
    said = DbtLines(reporter.steps)
    # A folder of this run alone: whatever runs beside it on another database has results of its own.
    with TemporaryDirectory(prefix="synthea-omop-dbt-") as folder:
        run_results = Path(folder) / "run_results.json"
        parsed = _writable("parsed") / f"{key}-{selector}.msgpack"
        command = [sys.executable, "-P", DBT_PROCESS, str(parsed), str(run_results), *arguments]
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace",
        ) as process, _ended(process), reporter.counted_lines("dbt") as show:
            for line in _lines(process, said):
                logs.debug("dbt says", step="dbt", message=line)
                is_news = not _NOISE.search(line) or " Done. " in line
                if is_news:
                    last_lines.append(line)
                show(f"  {line}", is_news)
        results = _results(run_results)
    _log_results(results)
    said.complete(results, watch.tables)
    if process.returncode:
        try:
            raise_failure(results, last_lines)
        except BuildError as error:
            error.lost_connection = settings.target == "postgres" and _is_lost([*last_lines, *_messages(results)])
            raise


def _lines(process: subprocess.Popen[str], said: DbtLines) -> Iterator[str]:
    """What dbt says to people."""
    for line in process.stdout or ():
        for text in said.read(line.rstrip()):
            if text.strip():
                yield text.rstrip()


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Whoever is interrupted while dbt is at work ends it."""
    try:
        yield
    except BaseException:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_END)
        process.kill()
        raise


def reconnecting(database: Database) -> Callable[[], bool]:
    """Whether the database can be built again, on a session as good as new: what `build` wants to know."""

    def reconnect() -> bool:
        try:
            database.query("select 1")
        except database.errors as error:
            return database.recover(error)
        return True

    return reconnect


def _messages(results: Results) -> list[str]:
    return [str(result.get("message") or "") for result in results if result["status"] in FAILED]


def _is_lost(messages: Sequence[str]) -> bool:
    """Whether a message is one of a server that broke off or was not there."""
    return any(words in message.lower() for message in messages for words in LOST)


def _target_path(target: str, selector: str) -> Path:
    """Where dbt writes the SQL that it ran, one folder an engine and road. DBT_TARGET_PATH wins."""
    if chosen := os.environ.get("DBT_TARGET_PATH"):
        return Path(chosen).absolute() / ("" if selector == "cdm" else selector)
    return _writable(target if selector == "cdm" else f"{target}-{selector}")


def _writable(name: str) -> Path:
    """A folder for what can be made anew: in the project, or in the user's cache when the project cannot be written."""
    path = PROJECT_DIR / "target" / name
    with suppress(OSError):
        path.mkdir(parents=True, exist_ok=True)
    if os.access(path, os.W_OK):
        return path
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "synthea-omop" / "target" / name


def raise_failure(results: Results, last_lines: Sequence[str]) -> None:
    """Raise the error that fits the results of a run of dbt."""
    failed = {result["unique_id"]: result["status"] for result in results if result["status"] in FAILED}
    output = "\n".join(_from_the_verdict(list(last_lines)))
    if failed and all(node.startswith("test.") and status == "fail" for node, status in failed.items()):
        names = ", ".join(sorted(node.split(".")[2] for node in failed))
        raise DataQualityError(
            f"{len(failed)} data tests failed: {names}. The end of dbt's output:\n{output}\n"
            "Look at the failing rows with `dbt test --select NAME --store-failures`."
        )
    names = ", ".join(sorted(node.split(".")[2] for node in failed)) or "dbt did not get as far as the models"
    raise BuildError(
        f"The build failed: {names}. The end of dbt's output:\n{output}\n"
        f"{LOAD_STAYS}"
    )


def _from_the_verdict(lines: list[str]) -> list[str]:
    """The lines from dbt's `Completed with n errors` on; all of them where there is no such line."""
    start = next((number for number, line in enumerate(lines) if "Completed with" in line), 0)
    return lines[start:]


def _results(run_results: Path) -> Results:
    """What became of each node; nothing when dbt did not come to its end."""
    try:
        results: Results = json.loads(run_results.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return results


def _log_results(results: Results) -> None:
    """A line for each model and seed, and for each test that did not pass; for the others at level `debug`."""
    for result in results:
        kind, _, name = result["unique_id"].split(".")[:3]
        status = result["status"]
        level = logging.INFO if kind in ("model", "seed") else logging.DEBUG
        if status in FAILED:
            level = logging.ERROR
        # With exposures there is nothing to do.
        elif status not in ("success", "pass", "no-op"):
            level = logging.WARNING
        rows = result.get("rows_affected")
        error = {"error": result["message"]} if level > logging.INFO and result.get("message") else {}
        logs.event(
            f"{kind} {status}", level, step=name, rows=rows if isinstance(rows, int) and rows >= 0 else None,
            seconds=result.get("execution_time"), **error,
        )
