"""docs/cdm.md from the words that the models have beside them: `python -m tests.support.cdm_page` writes it anew."""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from loader.settings import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "cdm.md"
# What stands above this line is written by hand and stays.
MARK = "<!-- Below this line: python -m tests.support.cdm_page -->"
ROOMS = {
    "clinical": "What happened to persons", "health_system": "Where and by whom", "economics": "Insurance and costs",
    "eras": "Eras", "metadata": "About the CDM itself", "unfilled": "Tables that Synthea cannot fill",
    "vocabulary": "Vocabulary",
}
WITHOUT_COLUMNS = ("unfilled", "vocabulary")
# In so many tables a description is one of all tables.
RECURRING = 3

Model = dict[str, Any]
_DOC = re.compile(r"""\{\{\s*doc\(\s*['"](\w+)['"]\s*\)\s*\}\}""")
_BLOCK = re.compile(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", re.DOTALL)


def render(project: Path = PROJECT_DIR) -> str:
    """The page: what is written by hand, a section a table, and the reasons of rows that have none."""
    by_hand = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    rooms = {room: _models(project, room) for room in ROOMS}
    described = [
        text for room, models in rooms.items() if room not in WITHOUT_COLUMNS
        for model in models for text in {column["description"] for column in model["columns"]}
    ]
    recurring = {text for text, tables in Counter(described).items() if tables >= RECURRING}
    parts = [by_hand.rstrip("\n"), MARK, *_recurring_columns(rooms, recurring)]
    for room, title in ROOMS.items():
        parts.append(f"## {title}")
        for model in rooms[room]:
            parts += [f"### {model['name']}", model["description"]]
            if room not in WITHOUT_COLUMNS:
                parts += _columns(model["columns"], recurring)
    return "\n\n".join(parts + _outcomes(project)) + "\n"


def _models(project: Path, room: str) -> list[Model]:
    """The models of a folder with their descriptions in one line, doc blocks filled in."""
    blocks = {
        name: text for path in (project / "models").rglob("*.md")
        for name, text in _BLOCK.findall(path.read_text(encoding="utf-8"))
    }
    models = []
    for path in sorted((project / "models" / "omop" / room).glob("[!_]*.yml")):
        models += yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    for described in [*models, *(column for model in models for column in model["columns"])]:
        words = _DOC.sub(lambda found: blocks[found[1]], described["description"])
        described["description"] = " ".join(words.split())
    return models


def _recurring_columns(rooms: dict[str, list[Model]], recurring: set[str]) -> list[str]:
    """What columns of many tables mean, said once."""
    names: dict[str, dict[str, None]] = {}
    for room, models in rooms.items():
        for column in [column for model in models for column in model["columns"] if room not in WITHOUT_COLUMNS]:
            if column["description"] in recurring and not _is_empty(column):
                names.setdefault(column["description"], {})[column["name"]] = None
    rows = [(", ".join(f"`{name}`" for name in columns), text) for text, columns in names.items()]
    return ["## Columns that mean the same in every table", _markdown(("columns", "what they are"), rows)]


def _columns(columns: list[dict[str, Any]], recurring: set[str]) -> list[str]:
    own = [column for column in columns if column["description"] not in recurring and not _is_empty(column)]
    shared = [f"`{column['name']}`" for column in columns if column["description"] in recurring and not _is_empty(column)]
    empty = [f"`{column['name']}`" for column in columns if _is_empty(column)]
    parts = []
    if own:
        rows = [(f"`{column['name']}`", column["description"]) for column in own]
        parts.append(_markdown(("column", "what it is"), rows))
    if shared:
        parts.append(f"As in every table: {', '.join(shared)}.")
    if empty:
        parts.append(f"Always NULL: {', '.join(empty)}.")
    return parts


def _is_empty(column: dict[str, Any]) -> bool:
    description: str = column["description"]
    return description.startswith("Always NULL")


def _markdown(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells)


def _outcomes(project: Path) -> list[str]:
    with (project / "seeds" / "mappings" / "row_outcomes.csv").open(encoding="utf-8", newline="") as seed:
        rows = [(f"`{row['outcome']}`", row["kind"], row["reason"]) for row in csv.DictReader(seed)]
    return [
        "## Rows that no row of the CDM stands for",
        "`quality.row_accounting` counts them under these names; every other row of a file is under its CDM table.",
        _markdown(("outcome", "kind", "why"), rows),
    ]


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
