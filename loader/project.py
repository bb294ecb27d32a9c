"""The state of the dbt project: of what makes the rows, as `macros/build/project_checksum.sql` finds it, and of all its files."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from hashlib import md5, sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from loader.settings import PROJECT_DIR

# What dbt takes for the source of a macro: the whole block.
_BLOCK = re.compile(r"\{%-?\s*(macro|materialization)\b.*?\{%-?\s*end\1\s*-?%\}", re.DOTALL)

# Where dbt looks for what a project is made of; in `tests` lie Python's own tests too.
_PARSED_FOLDERS = ("models", "macros", "seeds/mappings", "seeds/quality", "tests", "analyses")
_PARSED_FILES = ("dbt_project.yml", "profiles.yml", "selectors.yml", ".dbtignore")
_PARSED_SUFFIXES = {".sql", ".yml", ".yaml", ".csv", ".md"}
# Jinja too: what it compiled is kept beside what dbt parsed.
_PARSERS = ("Jinja2", "dbt-core", "dbt-adapters", "dbt-common", "dbt-duckdb", "dbt-postgres", "dbt-spark")
# What the project's macros read from the environment while dbt parses.
_PARSED_VARIABLES = ("SYNTHEA_OMOP_SCHEMA_SUFFIX",)


def project_key(target: str, environment: Mapping[str, str] = os.environ, folder: Path = PROJECT_DIR) -> str:
    """A text that is another one whenever dbt would parse something else: other files, another engine, dbt or Python."""
    made_of = sha256()
    for part in (
        str(folder), sys.version, target,
        *(f"{name}={environment.get(name, '')}" for name in _PARSED_VARIABLES),
        *(f"{name} {_version(name)}" for name in _PARSERS),
    ):
        made_of.update(f"{part}\0".encode())
    for path in _parsed_files(folder):
        made_of.update(f"{path.relative_to(folder)}\0".encode() + sha256(path.read_bytes()).digest())
    return made_of.hexdigest()[:32]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _parsed_files(folder: Path) -> Iterator[Path]:
    yield from (path for name in _PARSED_FILES if (path := folder / name).is_file())
    for name in _PARSED_FOLDERS:
        yield from sorted(
            path for path in (folder / name).rglob("*") if path.suffix in _PARSED_SUFFIXES and path.is_file()
        )


def project_checksum(folder: Path = PROJECT_DIR) -> str:
    """The last part of what a build now would store in `etl.build.checksum`."""
    macros = [
        _md5(block[0])
        for path in (folder / "macros").rglob("*.sql") for block in _BLOCK.finditer(path.read_text(encoding="utf-8"))
    ]
    seeds = [path for path in (folder / "seeds").rglob("*.csv") if path.relative_to(folder / "seeds").parts[0] != "demo"]
    models = [
        path for path in (folder / "models").rglob("*.sql") if "rates" not in path.relative_to(folder / "models").parts
    ]
    lines = [*_files(models), *_files(seeds), *macros]
    return f"project {_md5(chr(10).join(sorted(lines)))}"


def _md5(text: str) -> str:
    return md5(text.encode()).hexdigest()


def _files(paths: Iterable[Path]) -> Iterable[str]:
    for path in paths:
        text = path.read_bytes().decode("utf-8").strip()
        yield f"{path.stem} {sha256(text.encode()).hexdigest()}"
