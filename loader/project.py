"""The state of the dbt project's models, seeds and macros, as `macros/project_checksum.sql` finds it, without dbt."""

import re
from collections.abc import Iterable
from hashlib import md5, sha256
from pathlib import Path

from loader.settings import PROJECT_DIR

# What dbt takes for the source of a macro: the whole block.
_BLOCK = re.compile(r"\{%-?\s*(macro|materialization)\b.*?\{%-?\s*end\1\s*-?%\}", re.DOTALL)


def project_checksum(folder: Path = PROJECT_DIR) -> str:
    """The last part of what a build now would store in `etl.build.checksum`."""
    macros = [
        _md5(block[0])
        for path in (folder / "macros").rglob("*.sql") for block in _BLOCK.finditer(path.read_text(encoding="utf-8"))
    ]
    seeds = [path for path in (folder / "seeds").rglob("*.csv") if path.relative_to(folder / "seeds").parts[0] != "demo"]
    lines = [*_files((folder / "models").rglob("*.sql")), *_files(seeds), *macros]
    return f"project {_md5(chr(10).join(sorted(lines)))}"


def _md5(text: str) -> str:
    return md5(text.encode()).hexdigest()


def _files(paths: Iterable[Path]) -> Iterable[str]:
    for path in paths:
        text = path.read_bytes().decode("utf-8").strip()
        yield f"{path.stem} {sha256(text.encode()).hexdigest()}"
