"""The tree around the models: macros, seeds, modules, words."""

import csv
import os
import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from loader.cli import main
from tests.support.environments import REPOSITORY

LONGEST_MODULE = 300
LONGEST_README = 120
LONGEST_DBT_PROJECT = 60
# Written in parts, so that this file does not hold what it forbids.
MACHINE_PATHS = [("/wo", "rk/"), ("/tmp/", "venv"), ("/ro", "ot/"), (".py", "env")]


def test_no_folder_is_empty() -> None:
    kept = {".git", ".venv", "target", "logs", "__pycache__", ".pytest_cache", ".hypothesis"}
    empty = []
    for folder, folders, names in os.walk(REPOSITORY):
        folders[:] = [name for name in folders if name not in kept and not name.endswith(".egg-info")]
        if not folders and not names and not (Path(folder) / "__pycache__").exists():
            empty.append(os.path.relpath(folder, REPOSITORY))
    assert empty == []


def test_yaml_has_no_numbers_for_keys(files: list[Path]) -> None:
    """dbt writes what it has parsed to disk and cannot read such a key back: every run would parse all anew."""
    numbered = []

    def look(path: Path, value: Any) -> None:
        if isinstance(value, dict):
            numbered.extend((str(path), key) for key in value if not isinstance(key, str))
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            look(path, inner)

    for path in files:
        if path.suffix == ".yml" and path.parts[0] in ("models", "seeds", "tests", "macros", "analyses"):
            look(path, yaml.safe_load((REPOSITORY / path).read_text(encoding="utf-8")))
    assert numbered == []


def test_a_macro_file_holds_the_macro_it_is_named_after_and_its_dialects(files: list[Path]) -> None:
    strangers = {}
    for path in files:
        if path.suffix == ".sql" and (path.parts[0] == "macros" or path.parts[:2] == ("tests", "generic")):
            text = (REPOSITORY / path).read_text()
            names = re.findall(r"\{%-?\s*(?:macro|test|materialization)\s+(\w+)", text)
            others = [name for name in names if name != path.stem and not name.endswith(f"__{path.stem}")]
            if path.stem not in names or others:
                strangers[str(path)] = names
    assert strangers == {}


def test_every_macro_is_in_a_room(files: list[Path]) -> None:
    rooms = {path.parts[1:-1] for path in files if path.suffix == ".sql" and path.parts[0] == "macros"}
    named = ("build", "cdm", "dialects", "materializations", "persons", "quality", "rates", "spark")
    assert rooms == {(room,) for room in named}


def test_every_macro_says_what_it_gives(files: list[Path]) -> None:
    macros = [path for path in files if path.suffix == ".sql" and path.parts[0] == "macros"]
    assert [str(path) for path in macros if not (REPOSITORY / path).read_text().startswith("{#-")] == []


def test_every_judgement_has_a_reason(files: list[Path]) -> None:
    without = []
    for path in files:
        if path.parts[:2] == ("seeds", "mappings") and path.suffix == ".csv":
            with (REPOSITORY / path).open(newline="", encoding="utf-8") as rows:
                without += [
                    f"{path}:{number}"
                    for number, row in enumerate(csv.DictReader(rows), start=2)
                    if not (row.get("reason") or "").strip()
                ]
    assert without == []


def test_no_seed_holds_the_word_null(files: list[Path]) -> None:
    """dbt reads it as NULL on PostgreSQL and as a text on DuckDB."""
    found = []
    for path in files:
        if path.parts[:2] == ("seeds", "mappings") and path.suffix == ".csv":
            with (REPOSITORY / path).open(newline="", encoding="utf-8") as rows:
                found += [
                    f"{path}:{number}"
                    for number, row in enumerate(csv.reader(rows), start=1)
                    if "null" in map(str.lower, row)
                ]
    assert found == []


def test_every_seed_is_described_and_its_columns_are_typed(manifest: dict[str, Any]) -> None:
    silent = []
    for node in manifest["nodes"].values():
        if node["resource_type"] == "seed":
            with (REPOSITORY / node["original_file_path"]).open(newline="", encoding="utf-8") as rows:
                header = next(csv.reader(rows))
            described = {name for name, column in node["columns"].items() if column["description"].strip()}
            missing = set(header) - (described & set(node["config"]["column_types"]))
            if missing or not node["description"].strip():
                silent.append((node["name"], sorted(missing)))
    assert silent == []


def test_no_python_module_is_too_long(files: list[Path]) -> None:
    lengths = {str(path): len((REPOSITORY / path).read_text().splitlines()) for path in files if path.suffix == ".py"}
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


@pytest.mark.parametrize(("name", "longest"), [("README.md", LONGEST_README), ("dbt_project.yml", LONGEST_DBT_PROJECT)])
def test_what_everyone_reads_is_short(name: str, longest: int) -> None:
    assert len((REPOSITORY / name).read_text().splitlines()) <= longest


def test_every_verb_has_help_and_stands_in_the_readme() -> None:
    readme = (REPOSITORY / "README.md").read_text()
    for name, command in main.commands.items():
        assert command.get_short_help_str(), f"{name} has no help"
        assert f"synthea-omop {name}" in readme, f"{name} is not in README.md"


def test_every_option_has_help() -> None:
    silent = [
        f"{name} {parameter.opts[0]}"
        for name, command in main.commands.items()
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert silent == []


def test_decisions_are_dated() -> None:
    headings = re.findall(r"^## (.*)", (REPOSITORY / "DECISIONS.md").read_text(), flags=re.MULTILINE)
    assert headings
    assert [heading for heading in headings if not re.match(r"\d{4}-\d{2}-\d{2}\b", heading)] == []


def test_no_file_names_a_place_of_one_machine(files: list[Path]) -> None:
    found = []
    for path in files:
        if path.parts[0] == "seeds":
            continue
        text = (REPOSITORY / path).read_text(encoding="utf-8")
        found += [f"{path}: {''.join(parts)}" for parts in MACHINE_PATHS if "".join(parts) in text]
    assert found == []


def test_links_between_documents_lead_somewhere(files: list[Path]) -> None:
    broken = []
    for path in files:
        if path.suffix == ".md":
            links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", (REPOSITORY / path).read_text())
            broken += [f"{path}: {link}" for link in links if not (REPOSITORY / path.parent / link).exists()]
    assert broken == []
