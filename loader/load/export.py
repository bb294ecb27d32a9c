"""A Synthea export as it lies in a folder or an archive: its files, their layouts, and the release that wrote them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loader.archives import opened
from loader.csv_file import CsvFile, ends_inside_a_line, find_files, read_rows, stem
from loader.errors import LoaderError
from loader.load.headers import SUPPORTED, recognise
from loader.load.raw_tables import RAW_TABLES

REQUIRED = ("patients", "encounters")
# `observations-2` is the second part of observations; the number may be padded.
_PART = re.compile(r"(.+)-(\d{1,9})")
# How deep below the folder that was named the CSV files may lie: output/csv/2026_01_31T.../
_DEPTH, _MOST_FOLDERS = 3, 500


@dataclass(frozen=True)
class Export:
    """The files of an export, each with its table, the release line, and remarks about what will be left out.

    `source` is what the user named, `folder` where the files lie.
    """

    source: Path
    folder: Path
    layout: str
    files: list[tuple[str, CsvFile]]
    remarks: tuple[str, ...]

    @property
    def tables(self) -> list[str]:
        """The tables that files came for, each once."""
        return list(dict.fromkeys(name for name, _ in self.files))

    @property
    def bytes(self) -> int:
        """The size of all files on disk."""
        return sum(file.path.stat().st_size for _, file in self.files)


@contextmanager
def opened_export(source: Path) -> Iterator[Export]:
    """The export in a folder or a .zip, which stays unpacked as long as the context lasts."""
    with opened(source) as folder:
        yield read_export(folder, source)


def read_export(folder: Path, source: Path | None = None) -> Export:
    """Recognise the export in `folder` by its headers; LoaderError when it is none that can be loaded."""
    source = source or folder
    folder = _folder_of_the_files(folder, source)
    parts = _parts(find_files(folder))
    _refuse_without_required(source, folder, parts)
    known = {path.name for name in RAW_TABLES for path in parts.get(name, ())}
    remarks = [
        f"{path.name} is no file of a Synthea export: ignored."
        for path in sorted(folder.iterdir()) if path.name not in known and not path.name.startswith(".")
    ]
    files = [(name, recognise(name, path)) for name in RAW_TABLES for path in parts.get(name, ())]
    for _, file in files:
        remarks += _remarks(file)
    return Export(source, folder, release_line(files), files, tuple(remarks))


def release_line(files: list[tuple[str, CsvFile]]) -> str:
    """The oldest Synthea release line that writes these headers, `v2.5` to `v3.4`."""
    headers: dict[str, set[str]] = {}
    for name, file in files:
        headers.setdefault(name, set()).update(field.upper() for field in file.header)

    def has(name: str, *fields: str) -> bool:
        return name in headers and headers[name].issuperset(fields)

    encounters = next(file for name, file in files if name == "encounters")
    if _ids_share_the_patients_seed(encounters) or has("organizations", "NPI") or has("providers", "NPI"):
        return "v3.4"
    if has("patients", "MIDDLE") or has("conditions", "SYSTEM"):
        return "v3.3"
    if has("patients", "FIPS") or has("payers", "OWNERSHIP") or "patient_expenses" in headers:
        return "v3.2"
    if has("patients", "INCOME"):
        return "v3.1"
    if "claims" in headers or has("procedures", "START") or has("allergies", "SYSTEM"):
        return "v3.0"
    if has("imaging_studies", "SERIES_UID"):
        return "v2.7"
    return "v2.6" if has("encounters", "ORGANIZATION") else "v2.5"


def _folder_of_the_files(folder: Path, source: Path) -> Path:
    """The folder itself, or the only one below it that holds patients: `folder_per_run` makes one for every run."""
    if not folder.is_dir():
        raise LoaderError(f"{source} is not a folder. Name the folder that holds the CSV files.")
    level = [folder]
    for _ in range(_DEPTH + 1):
        holding = [one for one in level if any(_table(path) == "patients" for path in one.iterdir())]
        if len(holding) == 1:
            return holding[0]
        if holding:
            names = ", ".join(str(one.relative_to(folder)) for one in sorted(holding))
            raise LoaderError(f"{source} holds several exports: {names}. Name one of them.")
        level = [path for one in level for path in one.iterdir() if path.is_dir() and not path.name.startswith(".")]
        if len(level) > _MOST_FOLDERS:
            break
    return folder


def _table(path: Path) -> str | None:
    """The table that a file is for, by its name; None for a file that is not Synthea's."""
    name = stem(path) if path.is_file() else None
    part = _PART.fullmatch(name) if name else None
    return next((one for one in (name, part and part[1]) if one in RAW_TABLES), None)


def _parts(found: dict[str, Path]) -> dict[str, list[Path]]:
    """The files by table, those of several parts in the order of their numbers. A missing part is an error."""
    numbered: dict[str, dict[int, Path]] = {}
    for name, path in found.items():
        table = _table(path) or name
        number = int(name[len(table) + 1:]) if name != table else 0
        others = numbered.setdefault(table, {})
        if number in others or (others and (number == 0) != (0 in others)):
            other = next(iter(others.values())).name
            raise LoaderError(f"{path.parent} holds {other} and {path.name}. Keep one of the two.")
        others[number] = path
    for table, parts in numbered.items():
        for number in range(1, max(parts)):
            if number not in parts:
                last = parts[max(parts)]
                raise LoaderError(f"{last.parent}: part {number} of {table} is missing, {last.name} is there.")
    return {table: [parts[number] for number in sorted(parts)] for table, parts in numbered.items()}


def _remarks(file: CsvFile) -> Iterator[str]:
    unknown = [name for name, column in zip(file.header, file.columns, strict=True) if column is None]
    if unknown:
        yield f"{file.path.name}: no release has the column {', '.join(unknown)}: ignored."
    if not file.has_header:
        yield f"{file.path.name} has no header: read by the {len(file.header)} fields of its release."
    if ends_inside_a_line(file.path):
        yield f"{file.path.name}: the last line has no line end, it may be cut off."


def _refuse_without_required(source: Path, folder: Path, found: dict[str, list[Path]]) -> None:
    missing = [f"{name}.csv" for name in REQUIRED if name not in found]
    if missing:
        held = ", ".join(path.name for paths in found.values() for path in paths) or "no CSV file"
        where = "" if folder == source else f" in {folder.name}"
        raise LoaderError(
            f"{source} is no Synthea export: {' and '.join(missing)} not found{where}; it holds {held}."
            f" Name the folder with {SUPPORTED} (usually output/csv)."
        )


def _ids_share_the_patients_seed(encounters: CsvFile) -> bool:
    """From v3.4 on all ids of a patient begin with the same 16 hex digits."""
    first = int(encounters.has_header)
    rows = read_rows(encounters.path, first + 1)[first:]
    if not rows or len(rows[0]) != len(encounters.header):
        return False
    row = {column.name: value for column, value in zip(encounters.columns, rows[0], strict=True) if column}
    return row["id"][:18] == row["patient"][:18]
